//! Deterministic records of employees, about 1.1 kB of JSON each: nested collections, nulls, Cyrillic
//! names with trailing blanks, and values about as frequent as in a real directory.

use std::iter;
use std::ops::Range;

use chrono::DateTime;
use serde_json::{Value, json};

const FIVE_YEARS: usize = 5 * 365 * 86_400;
const START_OF_2019: i64 = 1_546_300_800;
/// An id that every directory of two or more has.
const MIDDLE_ID: usize = 604_876;

/// The first `count` employees of a directory; their ids are in no order.
pub(crate) fn employees(count: usize) -> Vec<Value> {
    let mut directory = Directory::new(20_240_601);
    let mut ids: Vec<usize> = (MIDDLE_ID - count / 2..).take(count).collect();
    directory.random.shuffle(&mut ids);
    ids.into_iter().map(|id| directory.employee(id)).collect()
}

struct Directory {
    random: Random,
    last_names: Weighted<String>,
    schedules: Weighted<usize>,
    memberships: usize,
}

impl Directory {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let mut last_names: Vec<String> =
            STEMS.iter().flat_map(|stem| SUFFIXES.map(|suffix| format!("{stem}{suffix}"))).collect();
        random.shuffle(&mut last_names);
        // A few names are common and most are rare.
        let last_names = last_names.into_iter().zip(8_u32..);
        Directory {
            random,
            last_names: last_names.map(|(name, rank)| (name, 1.0 / f64::from(rank).sqrt())).collect(),
            schedules: (1..=50)
                .map(|id| (id, if [12, 35].contains(&id) { 3.0 } else { 1.0 }))
                .collect(),
            memberships: 400_000,
        }
    }

    fn employee(&mut self, id: usize) -> Value {
        let last_name = self.last_names.pick(&mut self.random).clone();
        let random = &mut self.random;
        let first_name = *random.pick(&FIRST_NAMES);
        let middle_name = random.chance(0.95).then(|| *random.pick(&MIDDLE_NAMES));
        let mailbox = mailbox(random, first_name, &last_name);
        let email = format!("{mailbox}@{}", random.pick(&DOMAINS));
        let updated_at = timestamp(random);
        let phones = phones(random);
        let choice = random.within(1..6).to_string();
        json!({
            "id": id,
            "updatedAt": updated_at,
            "name": format!("{last_name} {first_name} {} ", middle_name.unwrap_or_default()),
            "firstName": first_name,
            "lastName": last_name,
            "middleName": middle_name,
            "email": email,
            "userName": email,
            "type": if random.chance(0.7) { 10 } else { 20 },
            "roles": [{"roleId": random.within(145_600..145_612)}],
            "groups": self.groups(id),
            "userTags": self.tags(id),
            "sortDirection": 0,
            "isArchived": self.random.chance(0.1),
            "phoneNumbers": phones,
            "workingScheduleId": self.schedule(),
            "phoneNumber": phones.first().map(|phone| &phone["phoneNumber"]),
            "userFieldValues": self.sometimes(0.6, json!([{"userFieldId": 690, "value": choice}]), json!([])),
            "userClientFieldValues": [],
            "fields": self.sometimes(0.6, json!({"addfield_rejimSingleSelect": choice}), json!({})),
            "fotoImage": null,
            "activeTaskNumber": self.active_task(),
            "updatedBy": "Супервизор ",
            "timeZoneCode": self.random.pick(&TIME_ZONES),
            "emailConfirmed": self.random.chance(0.5),
            "additionalEmails": self.sometimes(0.3, json!([format!("{mailbox}@mymail.ru")]), json!([])),
        })
    }

    /// One to three groups, the first of them the default.
    fn groups(&mut self, user: usize) -> Vec<Value> {
        let count = 1 + (self.random.unit() * 2.3) as usize;
        iter::repeat_with(|| {
            let group = self.random.within(0..80);
            let id = 176_000 + group;
            let name = format!("{} {}", TEAMS[group % TEAMS.len()], group / TEAMS.len() + 1);
            self.memberships += 1;
            json!({
                "id": self.memberships,
                "userGroupId": id,
                "userId": user,
                "userGroup": {"id": id, "name": name},
                "isDefault": false,
            })
        })
        .take(count)
        .enumerate()
        .map(|(position, mut group)| {
            group["isDefault"] = json!(position == 0);
            group
        })
        .collect()
    }

    /// Up to three different tags of 200.
    fn tags(&mut self, user: usize) -> Vec<Value> {
        let mut tags = Vec::new();
        for _ in 0..self.random.within(0..4) {
            let tag = self.random.within(0..200);
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        let tag = |tag: usize| {
            let name = format!("{} {}", ADJECTIVES[tag % 10], NOUNS[tag / 10]);
            let id = tag + 1;
            json!({"userId": user, "tagId": id, "tag": {"id": id, "name": name.trim_end()}})
        };
        tags.into_iter().map(tag).collect()
    }

    fn schedule(&mut self) -> Option<usize> {
        self.random.chance(0.4).then(|| *self.schedules.pick(&mut self.random))
    }

    fn active_task(&mut self) -> Option<usize> {
        self.random.chance(0.2).then(|| self.random.within(0..100_000))
    }

    fn sometimes(&mut self, probability: f64, value: Value, otherwise: Value) -> Value {
        if self.random.chance(probability) { value } else { otherwise }
    }
}

fn mailbox(random: &mut Random, first_name: &str, last_name: &str) -> String {
    let initial: String = latin(first_name).chars().take(1).collect();
    let number = if random.chance(0.5) { random.within(0..99).to_string() } else { String::new() };
    let initial = if random.chance(0.1) { initial.to_uppercase() } else { initial };
    format!("{initial}.{}{number}", latin(last_name))
}

/// A time with a fraction of seven digits.
fn timestamp(random: &mut Random) -> String {
    let seconds = START_OF_2019 + random.within(0..FIVE_YEARS) as i64;
    let time = DateTime::from_timestamp(seconds, 0).unwrap_or_default().naive_utc();
    format!("{time:?}.{:07}Z", random.within(0..10_000_000))
}

/// Up to two phone numbers, the first of them the default.
fn phones(random: &mut Random) -> Vec<Value> {
    let mut phone = |position: usize| {
        let (area, prefix) = (random.within(900..999), random.within(0..1000));
        let (middle, last) = (random.within(0..100), random.within(0..100));
        let extension = random.chance(0.1).then(|| random.within(100..1000).to_string());
        json!({
            "phoneNumber": format!("+7{area}{prefix:03}{middle:02}{last:02}"),
            "default": position == 0,
            "phoneExt": extension,
            "phoneInternational": format!("+7 {area} {prefix:03}-{middle:02}-{last:02}"),
        })
    };
    todo!()
}
