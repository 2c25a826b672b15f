//! Every dependency's licence is on the list in `deny.toml`.

use std::{collections::BTreeSet, path::Path, process::Command};

fn allowed() -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml");
    let text = std::fs::read_to_string(path).expect("deny.toml");
    let table: toml::Table = text.parse().expect("TOML");
    let allow = table["licenses"]["allow"].as_array().expect("an array");
    allow.iter().map(|licence| licence.as_str().expect("text").to_owned()).collect()
}

fn packages() -> Vec<serde_json::Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

#[test]
fn licences_of_all_dependencies_are_on_the_allow_list() {
    let allowed = allowed();
    let mut refused = Vec::new();
    for package in packages() {
        let name = package["name"].as_str().expect("a name");
        let licence = package["license"].as_str().unwrap_or("none stated");
        let fits =
            spdx::Expression::parse_mode(licence, spdx::ParseMode::LAX).is_ok_and(|expression| {
                expression.evaluate(|requirement| allowed.contains(&requirement.to_string()))
            });
        if !fits {
            refused.push(format!("{name}: {licence}"));
        }
    }
    assert!(refused.is_empty(), "{refused:#?}");
}
