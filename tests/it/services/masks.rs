//! What an update mask must name, told with the place and the remedy.

use super::*;

/// The place and the text of the only field that a call was refused for.
fn violation<T: std::fmt::Debug>(result: Result<T, Status>) -> (String, String) {
    let status = result.expect_err("a refusal");
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let details = status.get_error_details();
    let [violation] = &details.bad_request().expect("a bad request").field_violations[..] else {
        panic!("one field, not as in {status:?}");
    };
    (violation.field.clone(), violation.description.clone())
}

#[tokio::test]
async fn a_change_that_names_no_field_is_not_guessed_but_refused() {
    let stand = Stand::new().await;
    let referent = stand.certificates.person("essaim://ML/referent/one");
    let mut client = EnterpriseServiceClient::new(stand.connect_hub(&referent).await.unwrap());
    let create =
        CreateEnterpriseRequest { enterprise: Some(enterprise()), request_id: String::new() };
    let made = client.create_enterprise(create).await.unwrap().into_inner().enterprise.unwrap();
    let masks: [Option<&[&str]>; 4] = [None, Some(&[]), Some(&["*"]), Some(&["region", "*"])];
    for mask in masks {
        let paths = mask.map(|paths| paths.iter().map(|path| (*path).to_owned()).collect());
        let update = UpdateEnterpriseRequest {
            enterprise: Some(Enterprise { region: "ML-4".into(), ..made.clone() }),
            update_mask: paths.map(|paths| FieldMask { paths }),
            request_id: String::new(),
        };
        let (field, problem) = violation(client.update_enterprise(update).await);
        assert_eq!(field, "update_mask");
        assert!(problem.contains("name every field to change"), "{mask:?}: {problem}");
    }
    let got = client.get_enterprise(GetEnterpriseRequest { name: made.name.clone() }).await;
    assert_eq!(got.unwrap().into_inner().enterprise, Some(made));
}

#[tokio::test]
async fn a_size_class_and_the_rule_that_gave_it_change_together() {
    let stand = Stand::new().await;
    let referent = stand.certificates.person("essaim://ML/referent/one");
    let mut client = EnterpriseServiceClient::new(stand.connect_hub(&referent).await.unwrap());
    let create =
        CreateEnterpriseRequest { enterprise: Some(enterprise()), request_id: String::new() };
    let made = client.create_enterprise(create).await.unwrap().into_inner().enterprise.unwrap();
    let new = Enterprise {
        size: "PET".into(),
        size_rule: SizeRule::Declared.into(),
        sex: "M".into(),
        ..made.clone()
    };
    let update = |paths: &[&str]| UpdateEnterpriseRequest {
        enterprise: Some(new.clone()),
        update_mask: Some(FieldMask { paths: paths.iter().map(|&path| path.into()).collect() }),
        request_id: String::new(),
    };
    for (paths, other) in [
        (&["size"][..], "size_rule"),
        (&["sex", "size"], "size_rule"),
        (&["size_rule"], "size"),
        (&["headcount", "size_rule"], "size"),
    ] {
        let (field, problem) = violation(client.update_enterprise(update(paths)).await);
        assert_eq!(field, "update_mask");
        assert!(problem.ends_with(&format!("name {other}, too")), "{paths:?}: {problem}");
    }
    let changed = client.update_enterprise(update(&["size_rule", "size"])).await.unwrap();
    let expected = Enterprise { etag: "2".into(), sex: made.sex.clone(), ..new };
    assert_eq!(changed.into_inner().enterprise, Some(expected));
}
