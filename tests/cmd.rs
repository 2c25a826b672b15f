//! The command line as people see it: help texts, refusals and exit codes, frozen in
//! `tests/cmd/*.trycmd`. After a meant change: `TRYCMD=overwrite cargo test --test cmd`.

#[test]
fn the_command_line_says_what_it_is_documented_to_say() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd");
}
