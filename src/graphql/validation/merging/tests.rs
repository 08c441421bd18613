//! What may and may not stand under one name.

use crate::graphql::{
    limits,
    schema_types::SchemaTypes,
    validation::{
        sample::{assert_error, assert_valid, messages},
        validate,
    },
};

const HINT: &str = "Use different aliases on the fields to fetch both if this was intentional.";

#[test]
fn one_field_may_be_selected_twice() {
    assert_valid("{me{id id a:id a:id ...on Node{id}} me{username}}");
    assert_valid(
        "query($n:Int){posts(first:$n last:null){nodes{id}} posts(last:null first:$n){totalCount}}",
    );
    assert_valid(
        "{me{...A ...B}} fragment A on User{n:username} fragment B on User{...A n:username}",
    );
}

#[test]
fn different_fields_and_arguments_conflict() {
    assert_error(
        "{me{a:id a:username}}",
        &format!(
            "Fields \"a\" conflict because \"id\" and \"username\" are different fields. {HINT}"
        ),
    );
    assert_error(
        "{posts(first:1){totalCount} ...on Query{posts(first:2){totalCount}}}",
        &format!("Fields \"posts\" conflict because they have differing arguments. {HINT}"),
    );
    assert_error(
        "{posts(search:\"A\"){totalCount} posts{totalCount}}",
        &format!("Fields \"posts\" conflict because they have differing arguments. {HINT}"),
    );
    assert_error(
        "{post(id:1){a:__typename a:title}}",
        &format!(
            "Fields \"a\" conflict because \"__typename\" and \"title\" are different fields. {HINT}"
        ),
    );
}

#[test]
fn conflicts_are_found_deep_down_and_through_fragments() {
    assert_error(
        "{me{posts{nodes{a:id}}} ...F} fragment F on Query{me{posts{nodes{a:title}}}}",
        &format!(
            "Fields \"me\" conflict because subfields \"posts\" conflict because subfields \
             \"nodes\" conflict because subfields \"a\" conflict because \"id\" and \"title\" \
             are different fields. {HINT}"
        ),
    );
    assert_error(
        "{node(id:1){id} me{posts{nodes{a:id a:title}}}}",
        &format!("Fields \"a\" conflict because \"id\" and \"title\" are different fields. {HINT}"),
    );
}

#[test]
fn operations_that_are_alike_are_told_once_and_others_besides() {
    let fragment = "fragment F on Query{a:me{id}}";
    assert_error(
        "query A{...F} query B{...F} fragment F on Query{me{a:id a:username}}",
        &format!(
            "Fields \"a\" conflict because \"id\" and \"username\" are different fields. {HINT}"
        ),
    );
    assert_valid(&format!("query A{{...F}} query B{{...F}} {fragment}"));
    for other in ["{...F a:post(id:1){id}}", "{...F ...G}"] {
        let other = format!(
            "query A{{...F}} query B{other} query C{{...G}} {fragment} fragment G on Query{{a:post(id:1){{id}}}}"
        );
        let found = messages(&other);
        assert!(found[0].starts_with("Fields \"a\" conflict"), "{other}: {found:?}");
        assert_eq!(found.len(), 1, "{other}: {found:?}");
    }
}

#[test]
fn fields_of_different_objects_only_need_one_shape() {
    assert_valid("{node(id:1){...on User{a:username} ...on Post{a:title}}}");
    assert_valid("{node(id:1){...on User{a:__typename} ...on Post{a:score}}}");
    assert_valid(
        "{node(id:1){...on User{a:posts(first:1){nodes{b:id}}} ...on Post{a:comments{nodes{b:id}}}}}",
    );
    assert_error(
        "{node(id:1){...on User{a:username} ...on Post{a:score}}}",
        &format!(
            "Fields \"a\" conflict because they return conflicting types \"String!\" and \"Int!\". {HINT}"
        ),
    );
    assert_error(
        "{node(id:1){...on User{a:displayName} ...on Post{a:title}}}",
        &format!(
            "Fields \"a\" conflict because they return conflicting types \"String\" and \"String!\". {HINT}"
        ),
    );
    assert_error(
        "{node(id:1){...on User{a:username} ...on Post{a:tags}}}",
        &format!(
            "Fields \"a\" conflict because they return conflicting types \"String!\" and \"[String!]!\". {HINT}"
        ),
    );
    assert_error(
        "{node(id:1){...on User{a:posts{nodes{b:id}}} ...on Post{a:comments{nodes{b:content}}}}}",
        &format!(
            "Fields \"a\" conflict because subfields \"nodes\" conflict because subfields \"b\" \
             conflict because they return conflicting types \"ID!\" and \"String\". {HINT}"
        ),
    );
    // What stands on the interface stands on both objects.
    assert_error(
        "{node(id:1){...on User{username} username:id}}",
        &format!(
            "Fields \"username\" conflict because \"username\" and \"id\" are different fields. {HINT}"
        ),
    );
}

#[test]
fn types_that_branch_at_every_level_are_given_up_in_time() {
    let sdl = "interface N { n: N } type Query { n: N }
               type A implements N { n: N } type B implements N { n: N }
               type C implements N { n: N } type D implements N { n: N }";
    let types = SchemaTypes::from_sdl(sdl).unwrap();
    let judge = |levels: usize| {
        let chain = |level: usize, ty: &str| {
            let (above, below) = ("n{".repeat(level), "n{".repeat(levels - level));
            format!(
                "{above}...on {ty}{{{below}__typename{}}}{}",
                "}".repeat(levels - level),
                "}".repeat(level)
            )
        };
        let chains = (0..levels).flat_map(|it| ["A", "B", "C", "D"].map(|ty| chain(it, ty)));
        let text = format!("{{n{{{}}}}}", chains.collect::<String>());
        let checked = limits::check(&text, &limits::Limits::default()).unwrap();
        validate(checked.document(), &types)
    };
    assert_eq!(judge(3), Ok(()));
    let errors = judge(9).unwrap_err();
    assert!(errors[0].message.contains("too many types inside one another"), "{errors:?}");
}
