//! Properties of `codes`.

use essaim::{
    base::language::Language,
    codes::{embedded::Codes, messages},
};
use proptest::prelude::{any, prop_assert, proptest};

proptest! {
    #[test]
    fn any_text_is_read_as_regions_or_refused(text in any::<String>()) {
        let _ = Codes::embedded().with_regions(&text);
    }

    #[test]
    fn rows_that_look_like_regions_are_read_or_refused(
        rows in "(XK-[0-9]{1,2},(XK)?,a,b,c,(20[0-9]{2}-0[1-9]-[0-3][0-9])?,,(XK-[0-9])?\n){0,6}",
        day in "20[0-9]{2}-0[1-9]-2[0-8]",
    ) {
        let head = "code,country,fr,en,pt,valid_from,valid_to,predecessors\n";
        if let Ok(codes) = Codes::embedded().with_regions(&format!("{head}{rows}")) {
            let day = day.parse().expect("a day");
            let in_force = codes.dimension("region", "XK", day).expect("a list");
            for region in codes.list("region").expect("regions").codes.iter() {
                // A region always leads to one in force, or to none: it never runs in circles.
                if let Some(found) = codes.region_on(&region.code, day)
                    && region.country.as_deref() == Some("XK")
                {
                    prop_assert!(in_force.iter().any(|code| code == found));
                }
            }
        }
    }

    #[test]
    fn any_variable_fits_any_message(key in "[a-z-]{0,30}", value in any::<String>()) {
        for language in Language::ALL {
            let variables = [("cell", value.clone()), ("rows", value.clone())];
            messages::text(language, &key, &variables);
            let shown = messages::text(language, "intake-no-date", &variables);
            prop_assert!(shown.contains(&value));
        }
    }
}
