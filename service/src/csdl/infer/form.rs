//! Strings that are written as values of another primitive type (OData JSON 7.1, the rules of the ABNF).

/// Types with a form of their own, and what has it.
type Form = (&'static str, fn(&str) -> bool);

const FORMS: [Form; 5] = [
    ("Edm.Guid", is_guid),
    ("Edm.DateTimeOffset", is_date_time_offset),
    ("Edm.Date", is_date),
    ("Edm.TimeOfDay", is_time_of_day),
    ("Edm.Duration", is_duration),
];

/// The forms that all strings so far have.
pub(super) struct Forms([bool; FORMS.len()]);

impl Default for Forms {
    fn default() -> Self {
        Forms([true; FORMS.len()])
    }
}

impl Forms {
    pub(super) fn narrow(&mut self, text: &str) {
        for (possible, (_, has_form)) in self.0.iter_mut().zip(FORMS) {
            *possible = *possible && has_form(text);
        }
    }

    pub(super) fn type_name(&self) -> &'static str {
        let mut possible = self.0.iter().zip(FORMS).filter(|(possible, _)| **possible);
        possible.next().map_or("Edm.String", |(_, (name, _))| name)
    }
}

fn is_guid(text: &str) -> bool {
    let mut groups = text.split('-');
    let has_lengths = [8, 4, 4, 4, 12].into_iter().all(|length| {
        groups.next().is_some_and(|group| {
            group.len() == length && group.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    });
    has_lengths && groups.next().is_none()
}

/// A number of exactly so many digits.
fn digits(text: &str, count: usize) -> Option<u32> {
    let is_number = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

fn is_date(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let mut parts = unsigned.split('-');
    let (Some(year), Some(month), Some(day), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let is_long = (5..=9).contains(&year.len()) && !year.starts_with('0');
    let Some(year) = digits(year, if is_long { year.len() } else { 4 }) else {
        return false;
    };
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match digits(month, 2) {
        Some(1 | 3 | 5 | 7 | 8 | 10 | 12) => 31,
        Some(4 | 6 | 9 | 11) => 30,
        Some(2) if is_leap => 29,
        Some(2) => 28,
        _ => return false,
    };
    digits(day, 2).is_some_and(|day| (1..=days).contains(&day))
}

fn is_time_of_day(text: &str) -> bool {
    let mut parts = text.splitn(3, ':');
    let has = |part: Option<&str>, below: u32| {
        part.and_then(|part| digits(part, 2)).is_some_and(|number| number < below)
    };
    has(parts.next(), 24) && has(parts.next(), 60) && parts.next().is_none_or(is_second)
}

fn is_second(text: &str) -> bool {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    digits(whole, 2).is_some_and(|second| second < 60) && fraction.is_none_or(is_fraction)
}

fn is_fraction(text: &str) -> bool {
    (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_date_time_offset(text: &str) -> bool {
    let Some((date, rest)) = text.split_once(['T', 't']) else {
        return false;
    };
    let time = match rest.strip_suffix(['Z', 'z']) {
        Some(time) => time,
        None => match rest.rsplit_once(['+', '-']) {
            Some((time, offset)) if offset.len() == 5 && is_time_of_day(offset) => time,
            _ => return false,
        },
    };
    is_date(date) && is_time_of_day(time)
}

/// Days, hours, minutes and seconds, at least one of them.
fn is_duration(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let Some(rest) = unsigned.strip_prefix('P') else {
        return false;
    };
    let (days, time) = match rest.split_once('T') {
        Some((days, time)) => (days, Some(time)),
        None => (rest, None),
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let has_days = days.strip_suffix('D').is_some_and(is_number);
    let Some(mut time) = time else {
        return has_days;
    };
    if time.is_empty() || !(has_days || days.is_empty()) {
        return false;
    }
    for unit in ['H', 'M'] {
        if let Some((number, rest)) = time.split_once(unit) {
            if !is_number(number) {
                return false;
            }
            time = rest;
        }
    }
    let is_seconds = |text: &str| match text.split_once('.') {
        Some((whole, fraction)) => is_number(whole) && is_fraction(fraction),
        None => is_number(text),
    };
    time.is_empty() || time.strip_suffix('S').is_some_and(is_seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let cases: [(&str, &[&str], &[&str]); 5] = [
            (
                "Edm.Guid",
                &["21EC2020-3AEA-1069-A2DD-08002b30309d"],
                &[
                    "21EC2020-3AEA-1069-A2DD-08002b30309",
                    "{21EC2020-3AEA-1069-A2DD-08002b30309d}",
                    "",
                    "21EC2020-3AEA-1069-A2DD-08002b30309d-1",
                    "21EC2020-3AEA-1069-A2DD-08002b30309g",
                ],
            ),
            (
                "Edm.Date",
                &["2000-02-29", "0000-01-01", "-0001-12-31", "12345-06-30"],
                &[
                    "1900-02-29",
                    "2000-13-01",
                    "2000-1-1",
                    "00000-01-01",
                    "2000-01-00",
                    "2000-01-32",
                    "2000-01",
                    "2000-01-01-01",
                    "20000101",
                    "2000-04-31",
                    "+2000-01-01",
                ],
            ),
            (
                "Edm.TimeOfDay",
                &["00:00", "23:59:59", "12:30:00.123456789012"],
                &[
                    "24:00",
                    "1:30",
                    "12:60",
                    "12:30:60",
                    "12:30:",
                    "12:30:00.",
                    "12:30:00.1234567890123",
                    "12",
                ],
            ),
            (
                "Edm.DateTimeOffset",
                &["2000-01-01T00:00Z", "2000-01-01T16:00:00.000-09:00", "2000-01-01t00:00:00z"],
                &[
                    "2000-01-01T00:00",
                    "2000-01-01 00:00Z",
                    "2000-01-01T24:00Z",
                    "2000-01-01T00:00+9:00",
                    "2000-01-01T00:00+09:00:00",
                    "2000-01-01",
                ],
            ),
            (
                "Edm.Duration",
                &["P1D", "PT1H", "-P1DT2H3M4.5S", "PT0S", "PT3M"],
                &["P", "PT", "P1DT", "P1Y", "1D", "PT1S1M", "P1H", "PTS", "PT1.S", "PT1.5M"],
            ),
        ];
        for (name, right, wrong) in cases {
            let type_of = |text: &&str| {
                let mut forms = Forms::default();
                forms.narrow(text);
                forms.type_name()
            };
            right.iter().for_each(|text| assert_eq!(type_of(text), name, "{text}"));
            wrong.iter().for_each(|text| assert_ne!(type_of(text), name, "{text}"));
        }
    }
}
