//! All cores, with the feature `parallel`.

/// What a function makes of segments, in their order.
#[cfg(feature = "parallel")]
pub(super) fn each<T, I: Sync, M: Send>(items: &[I], make: impl Fn(&I) -> M + Sync + Send) -> T
where
    T: FromIterator<M> + rayon::iter::FromParallelIterator<M>,
{
    use rayon::prelude::*;

    match items {
        [] | [_] => items.iter().map(make).collect(),
        _ => items.par_iter().map(make).collect(),
    }
}

/// What a function makes of segments, in their order.
#[cfg(not(feature = "parallel"))]
pub(super) fn each<T: FromIterator<M>, I, M>(items: &[I], make: impl Fn(&I) -> M) -> T {
    items.iter().map(make).collect()
}
