//! Which operation of a document is judged, and what is judged again for other variables.

use async_graphql::{Variables, value};

use super::judge;
use crate::graphql::{
    limits::{Limits, admit, check},
    sample_schema,
};

#[test]
fn a_checked_document_judges_other_variables_again() {
    let types = sample_schema::types();
    let limits = Limits::default();
    let text = "query A($n:Int){posts(first:$n){nodes{comments(first:$n){nodes{id}}}}}";
    let checked = check(text, &limits).unwrap();
    let admit = |n: i32| {
        checked.admit(Some("A"), &Variables::from_value(value!({"n": n})), &types, &limits)
    };
    assert_eq!(admit(10).unwrap().cost.complexity, 2 + 10 * (2 + 10));
    assert!(admit(100).is_err());
    assert_eq!(admit(10).unwrap().operation_name.as_deref(), Some("A"));
}

#[test]
fn cycles_are_named_and_never_followed() {
    for text in [
        "{...A} fragment A on Query{...A}",
        "{...A} fragment A on Query{...B ...B} fragment B on Query{me{id}...A ...A}",
        "{me{id}} fragment A on User{posts{...B}} fragment B on PostConnection{nodes{owner{...A}}}",
    ] {
        let error = judge(text, &Limits::default()).unwrap_err();
        assert!(error.message.starts_with("Cannot spread fragment"), "{}", error.message);
        let code = error.extensions.unwrap().get("code").cloned();
        assert_eq!(code, Some(value!("GRAPHQL_VALIDATION_FAILED")));
    }
}

#[test]
fn the_operation_to_run_must_be_clear() {
    let types = sample_schema::types();
    let run = |text: &str, name: Option<&str>| {
        admit(text, name, &Variables::default(), &types, &Limits::default())
            .map(|it| it.admission.operation_name)
            .map_err(|error| error.message)
    };
    let two = "query A{me{id}} mutation B{createPost{post{id}}}";
    assert_eq!(run(two, Some("B")), Ok(Some("B".to_owned())));
    assert_eq!(run("query A{me{id}}", None), Ok(Some("A".to_owned())));
    assert_eq!(run("{me{id}}", Some("")), Ok(None));
    for (text, name, expected) in [
        (two, None, "This document holds 2 operations; name the one to run in operationName."),
        (two, Some("C"), "This document holds no operation named \"C\"."),
        ("{me{id}}", Some("A"), "This document holds no operation named \"A\"."),
        ("fragment A on B{c}", None, "This document holds no operation to run, only fragments."),
    ] {
        assert_eq!(run(text, name), Err(expected.to_owned()));
    }
}
