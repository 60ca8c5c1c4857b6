//! What the fuzz targets check holds for the inputs that are kept: small corpora, and all that ever
//! was found.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

#[allow(unreachable_pub)]
#[path = "../fuzz/src/lib.rs"]
mod fuzz;

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

#[test]
fn kept_inputs_hold() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    for (target, check) in fuzz::TARGETS {
        let mut kept = 0;
        for folder in ["seeds", "crashes"] {
            // Not every target has crashed.
            for file in fs::read_dir(root.join(folder).join(target)).into_iter().flatten() {
                let path = file.unwrap().path();
                let data = fs::read(&path).unwrap();
                assert!(catch_unwind(|| check(&data)).is_ok(), "{}", path.display());
                kept += 1;
            }
        }
        assert!(kept > 0, "no inputs for {target}");
    }
}
