/// Words longer than this are not compared.
const MAX_WORD: usize = 64;

/// The candidate that a misspelled word most likely means: the nearest by edit distance
/// ignoring ASCII case, at most a third of the word away, and never all of it.
pub(crate) fn closest<'a>(
    word: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    if word.len() > MAX_WORD {
        return None;
    }
    let length = word.chars().count();
    let limit = (length / 3).max(1).min(length.saturating_sub(1));
    candidates
        .filter(|candidate| candidate.len() <= MAX_WORD)
        .map(|candidate| (edit_distance(word, candidate), candidate))
        .filter(|&(distance, _)| distance <= limit)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// The number of characters to insert, delete, replace or swap with their neighbours to turn one word into
/// the other.
fn edit_distance(left: &str, right: &str) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.chars().count()).collect();
    let mut last_from = None;
    for (row, from) in (1_usize..).zip(left.chars()) {
        let mut distances = Vec::with_capacity(above.len());
        distances.push(row);
        let (mut least, mut last_to) = (row, None);
        for (column, to) in right.chars().enumerate() {
            let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX);
            let same = |one: Option<char>, other: char| {
                one.is_some_and(|one| one.eq_ignore_ascii_case(&other))
            };
            let differs = usize::from(!same(Some(from), to));
            let replaced = at(&above, column).saturating_add(differs);
            let inserted = least.saturating_add(1);
            let deleted = at(&above, column.saturating_add(1)).saturating_add(1);
            least = replaced.min(inserted).min(deleted);
            if same(last_from, to)
                && same(last_to, from)
                && let Some(column) = column.checked_sub(1)
            {
                least = least.min(at(&before, column).saturating_add(1));
            }
            distances.push(least);
            last_to = Some(to);
        }
        before = std::mem::replace(&mut above, distances);
        last_from = Some(from);
    }
    above.last().copied().unwrap_or_default()
}
