//! Deterministic records of employees, about 1.1 kB of JSON each: nested collections, nulls, Cyrillic
//! names with a blank behind them, and values as frequent as in a real directory.

#![allow(clippy::arithmetic_side_effects, reason = "a bench may fail loudly")]

use std::ops::Range;

use chrono::DateTime;
use serde_json::{Value, json};

/// An id that every directory of two or more people has.
const MIDDLE_ID: usize = 604_876;
const START_OF_2019: i64 = 1_546_300_800;
const FIVE_YEARS: usize = 5 * 365 * 86_400;

/// How the members of the records stand.
#[derive(Clone, Copy)]
pub(crate) enum Members {
    /// In the same order in every record.
    InOrder,
    /// In a random order in every object.
    Mixed,
}

/// A directory of `count` employees; their ids are in no order. The records are read from JSON text,
/// so that they lie in memory as they do in a server.
pub(crate) fn employees(count: usize, members: Members) -> Vec<Value> {
    serde_json::from_slice(&json_text(count, members)).unwrap()
}

fn json_text(count: usize, members: Members) -> Vec<u8> {
    let mut directory = Directory::new();
    let mut ids: Vec<usize> = (MIDDLE_ID - count / 2..).take(count).collect();
    directory.random.shuffle(&mut ids);
    let mut mixer = Random(7);
    let mut text = Vec::new();
    for id in ids {
        text.push(if text.is_empty() { b'[' } else { b',' });
        let employee = directory.employee(id);
        let employee = match members {
            Members::InOrder => employee,
            Members::Mixed => mixer.mixed(employee),
        };
        serde_json::to_writer(&mut text, &employee).unwrap();
    }
    text.push(b']');
    text
}

struct Directory {
    random: Random,
    last_names: Weighted<String>,
    schedules: Weighted<usize>,
    group_counts: Weighted<usize>,
    groups: Vec<(usize, String)>,
    tags: Vec<(usize, String)>,
    memberships: usize,
}

impl Directory {
    fn new() -> Self {
        let mut random = Random(20_240_601);
        let mut last_names = joined(&STEMS, "", &SUFFIXES);
        random.shuffle(&mut last_names);
        let teams = (1..=10).flat_map(|number| TEAMS.map(|team| format!("{team} {number}")));
        Directory {
            random,
            // A few names are common, most are rare.
            last_names: Weighted::new(
                last_names.into_iter().zip((8_u32..).map(|rank| 1.0 / f64::from(rank).sqrt())),
            ),
            schedules: Weighted::new(
                (1..=50).map(|id| (id, if matches!(id, 12 | 35) { 3.0 } else { 1.0 })),
            ),
            group_counts: Weighted::new([(1, 1.0), (2, 1.0), (3, 0.3)].into_iter()),
            groups: (176_000..).zip(teams).collect(),
            tags: (1..).zip(joined(&ADJECTIVES, " ", &NOUNS)).collect(),
            memberships: 400_000,
        }
    }

    fn employee(&mut self, id: usize) -> Value {
        let groups = self.groups_of(id);
        let tags = self.tags_of(id);
        let random = &mut self.random;
        let last_name = self.last_names.pick(random);
        let first_name = *random.pick(&FIRST_NAMES);
        let middle_name = random.chance(0.95).then(|| *random.pick(&MIDDLE_NAMES));
        let mailbox = mailbox(random, first_name, last_name);
        let email = format!("{mailbox}@{}", random.pick(&DOMAINS));
        let phones = phones(random);
        let phone = phones.first().and_then(|phone| phone.get("phoneNumber"));
        let schedule = random.chance(0.4).then(|| self.schedules.pick(random));
        let choice = random.within(1..6).to_string();
        let field_values = if random.chance(0.6) {
            json!([{"userFieldId": 690, "value": choice}])
        } else {
            json!([])
        };
        let fields = if random.chance(0.6) {
            json!({"addfield_rejimSingleSelect": choice})
        } else {
            json!({})
        };
        let other_email = random.chance(0.3).then(|| format!("{mailbox}@mymail.ru"));
        json!({
            "id": id,
            "updatedAt": timestamp(random),
            "name": format!("{last_name} {first_name} {} ", middle_name.unwrap_or_default()),
            "firstName": first_name,
            "lastName": last_name,
            "middleName": middle_name,
            "email": email,
            "userName": email,
            "type": if random.chance(0.7) { 10 } else { 20 },
            "roles": [{"roleId": random.within(145_600..145_612)}],
            "groups": groups,
            "userTags": tags,
            "sortDirection": 0,
            "isArchived": random.chance(0.1),
            "phoneNumbers": phones,
            "workingScheduleId": schedule,
            "phoneNumber": phone,
            "userFieldValues": field_values,
            "userClientFieldValues": [],
            "fields": fields,
            "fotoImage": null,
            "activeTaskNumber": random.chance(0.2).then(|| random.within(0..100_000)),
            "updatedBy": "Супервизор ",
            "timeZoneCode": random.pick(&TIME_ZONES),
            "emailConfirmed": random.chance(0.5),
            "additionalEmails": other_email.as_slice(),
        })
    }

    /// One to three groups, the first of them the default.
    fn groups_of(&mut self, user: usize) -> Vec<Value> {
        let count = *self.group_counts.pick(&mut self.random);
        let group = |position: usize| {
            let (id, name) = self.random.pick(&self.groups);
            self.memberships += 1;
            json!({
                "id": self.memberships,
                "userGroupId": id,
                "userId": user,
                "userGroup": {"id": id, "name": name},
                "isDefault": position == 0,
            })
        };
        (0..count).map(group).collect()
    }

    /// Up to three different tags.
    fn tags_of(&mut self, user: usize) -> Vec<Value> {
        let mut tags = Vec::new();
        for _ in 0..self.random.within(0..4) {
            let tag = self.random.pick(&self.tags);
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        tags.into_iter()
            .map(|(id, name)| json!({"userId": user, "tagId": id, "tag": {"id": id, "name": name}}))
            .collect()
    }
}

/// Every first part with every last part, the last parts changing slower.
fn joined(first: &[&str], separator: &str, last: &[&str]) -> Vec<String> {
    let with = |last| first.iter().map(move |first| format!("{first}{separator}{last}"));
    let all = last.iter().flat_map(with);
    all.map(|text| text.trim_end().to_owned()).collect()
}

fn mailbox(random: &mut Random, first_name: &str, last_name: &str) -> String {
    let mut name: String = latin(first_name).chars().take(1).collect();
    if random.chance(0.1) {
        name.make_ascii_uppercase();
    }
    name.push('.');
    name.push_str(&latin(last_name));
    if random.chance(0.5) {
        name.push_str(&random.within(0..99).to_string());
    }
    name
}

/// A time with a fraction of seven digits.
fn timestamp(random: &mut Random) -> String {
    let seconds = START_OF_2019 + random.within(0..FIVE_YEARS) as i64;
    let time = DateTime::from_timestamp(seconds, 0).unwrap_or_default().naive_utc();
    format!("{time:?}.{:07}Z", random.within(0..10_000_000))
}

/// Up to two phones, the first of them the default.
fn phones(random: &mut Random) -> Vec<Value> {
    let count = random.within(0..3);
    let phone = |position: usize| {
        let (area, exchange) = (random.within(900..999), random.within(0..1000));
        let (middle, last) = (random.within(0..100), random.within(0..100));
        let extension = random.chance(0.1).then(|| random.within(100..1000).to_string());
        json!({
            "phoneNumber": format!("+7{area}{exchange:03}{middle:02}{last:02}"),
            "default": position == 0,
            "phoneExt": extension,
            "phoneInternational": format!("+7 {area} {exchange:03}-{middle:02}-{last:02}"),
        })
    };
    (0..count).map(phone).collect()
}

/// A name as it stands in a mail address.
fn latin(name: &str) -> String {
    name.to_lowercase().chars().map(latin_letter).collect()
}

fn latin_letter(letter: char) -> &'static str {
    match letter {
        'а' => "a",
        'б' => "b",
        'в' => "v",
        'г' => "g",
        'д' => "d",
        'е' | 'ё' | 'э' => "e",
        'ж' => "zh",
        'з' => "z",
        'и' => "i",
        'й' | 'ы' => "y",
        'к' => "k",
        'л' => "l",
        'м' => "m",
        'н' => "n",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'у' => "u",
        'ф' => "f",
        'х' => "h",
        'ц' => "c",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "sch",
        'ю' => "yu",
        'я' => "ya",
        _ => "",
    }
}

/// The SplitMix64 generator: the same numbers everywhere, forever.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number from 0 to 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    fn within(&mut self, range: Range<usize>) -> usize {
        range.start + (self.next() % range.len() as u64) as usize
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.within(0..items.len())]
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            items.swap(end, self.within(0..end + 1));
        }
    }

    /// The same value with the members of all its objects in another order.
    fn mixed(&mut self, value: Value) -> Value {
        match value {
            Value::Object(members) => {
                let mut members: Vec<_> = members.into_iter().collect();
                self.shuffle(&mut members);
                members.into_iter().map(|(name, member)| (name, self.mixed(member))).collect()
            }
            Value::Array(items) => items.into_iter().map(|item| self.mixed(item)).collect(),
            other => other,
        }
    }
}

/// Items of which some are more frequent than others.
struct Weighted<T> {
    items: Vec<T>,
    /// The sums of the weights up to each item.
    sums: Vec<f64>,
}

impl<T> Weighted<T> {
    fn new(weighted: impl Iterator<Item = (T, f64)>) -> Self {
        let mut total = 0.0;
        let (items, sums) = weighted
            .map(|(item, weight)| {
                total += weight;
                (item, total)
            })
            .unzip();
        Weighted { items, sums }
    }

    fn pick(&self, random: &mut Random) -> &T {
        let last = self.sums.len() - 1;
        let point = random.unit() * self.sums[last];
        &self.items[self.sums.partition_point(|sum| *sum <= point).min(last)]
    }
}

#[rustfmt::skip]
const STEMS: [&str; 60] = [
    "Иван", "Петр", "Сидор", "Тракт", "Кузнец", "Попов", "Смирн", "Васил", "Михайл", "Новик",
    "Федор", "Мороз", "Волк", "Алексе", "Лебед", "Семен", "Егор", "Павл", "Козл", "Степан",
    "Никола", "Орл", "Андре", "Макар", "Никит", "Захар", "Зайц", "Соловь", "Борис", "Яковл",
    "Григор", "Роман", "Воробь", "Серге", "Кузьм", "Фрол", "Александр", "Дмитри", "Корол", "Гус",
    "Киселе", "Ильин", "Максим", "Поляк", "Сорок", "Виноград", "Ковал", "Бел", "Медвед", "Антон",
    "Тарас", "Жук", "Баран", "Филипп", "Комар", "Давыд", "Беля", "Герасим", "Богдан", "Осип",
];

#[rustfmt::skip]
const SUFFIXES: [&str; 10] = [
    "ов", "ев", "ин", "енко", "оренко", "овский", "чук", "ский", "ян", "ых",
];

#[rustfmt::skip]
const FIRST_NAMES: [&str; 40] = [
    "Петр", "Иван", "Алексей", "Сергей", "Андрей", "Дмитрий", "Михаил", "Николай", "Владимир",
    "Евгений", "Павел", "Виктор", "Олег", "Роман", "Игорь", "Максим", "Артем", "Кирилл", "Егор",
    "Илья", "Анна", "Мария", "Елена", "Ольга", "Татьяна", "Наталья", "Ирина", "Светлана", "Юлия",
    "Екатерина", "Дарья", "Ксения", "Алина", "Вера", "Любовь", "Надежда", "Галина", "Полина",
    "София", "Яна",
];

#[rustfmt::skip]
const MIDDLE_NAMES: [&str; 16] = [
    "Семенович", "Иванович", "Петрович", "Николаевич", "Сергеевич", "Андреевич", "Викторович",
    "Павлович", "Ивановна", "Петровна", "Сергеевна", "Николаевна", "Андреевна", "Викторовна",
    "Павловна", "Олеговна",
];

#[rustfmt::skip]
const TEAMS: [&str; 8] = [
    "Менеджеры", "Инженеры", "Поддержка", "Бухгалтерия", "Склад", "Логистика", "Продажи",
    "Разработка",
];

#[rustfmt::skip]
const ADJECTIVES: [&str; 10] = [
    "Срочное", "Важное", "Плановое", "Внешнее", "Внутреннее", "Тестовое", "Удаленное", "Ключевое",
    "Архивное", "Новое",
];

/// What a tag is about; some are an adjective alone.
#[rustfmt::skip]
const NOUNS: [&str; 20] = [
    "", "обращение", "оповещение", "согласование", "обучение", "оборудование", "обслуживание",
    "направление", "подразделение", "предложение", "поручение", "задание", "решение",
    "соглашение", "назначение", "сопровождение", "тестирование", "внедрение", "администрирование",
    "информирование",
];

#[rustfmt::skip]
const DOMAINS: [&str; 4] = [
    "company.ru", "example.com", "mymail.ru", "corp.example.org",
];

/// Most people work in Moscow.
#[rustfmt::skip]
const TIME_ZONES: [&str; 16] = [
    "Europe/Moscow", "Europe/Moscow", "Europe/Moscow", "Europe/Moscow", "Europe/Moscow",
    "Europe/Moscow", "Europe/Moscow", "Europe/Moscow", "Europe/Moscow", "Europe/Moscow",
    "Europe/Moscow", "Europe/Moscow", "Asia/Yekaterinburg", "Europe/Samara", "Asia/Novosibirsk",
    "Asia/Vladivostok",
];
