/// Words longer than this are not compared.
const MAX_WORD: usize = 64;

/// The candidate that a misspelled word most likely means: the nearest by edit distance
/// ignoring ASCII case, at most a third of the word away.
pub(crate) fn closest<'a>(
    word: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    if word.len() > MAX_WORD {
        return None;
    }
    let limit = (word.chars().count() / 3).max(1);
    candidates
        .filter(|candidate| candidate.len() <= MAX_WORD)
        .map(|candidate| (edit_distance(word, candidate), candidate))
        .filter(|&(distance, _)| distance <= limit)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// The number of characters to insert, delete or replace to turn one word into the other.
fn edit_distance(left: &str, right: &str) -> usize {
    let mut distances: Vec<usize> = (1..=right.chars().count()).collect();
    let mut total = distances.len();
    for (row, from) in left.chars().enumerate() {
        let mut diagonal = row;
        total = row.saturating_add(1);
        for (above, to) in distances.iter_mut().zip(right.chars()) {
            let differs = usize::from(!from.eq_ignore_ascii_case(&to));
            let replaced = diagonal.saturating_add(differs);
            diagonal = *above;
            total = replaced.min(total.min(*above).saturating_add(1));
            *above = total;
        }
    }
    total
}
