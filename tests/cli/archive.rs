//! Archiving with the real binary, from the plan to a world in which there is nothing left to do.

use std::fs;

use serde_json::Value;

use crate::{site::Site, touch};

/// The quickstart with a policy that archives where it would delete.
fn archiving() -> Site {
    let site = Site::quickstart();
    touch::edit(&site, "policy.hcl", "delete { unused_for = \"90d\" }", "archive { unused_for = \"90d\" }");
    site
}

fn plan(site: &Site) -> Value {
    serde_json::from_str(&site.run(&["plan", "--format", "json"]).exits(0).stdout).unwrap()
}

#[test]
fn what_is_archived_stays_archived_and_the_next_plan_leaves_it_alone() {
    let site = archiving();
    let first = plan(&site);
    let archives = first["summary"]["actions"]["archive_image"].as_u64().unwrap();
    assert!(archives > 5 && first["summary"]["actions"]["delete_image"] == 0, "{}", first["summary"]);
    assert!(first["summary"]["bytes_archived"].as_u64().unwrap() > 0);
    assert_eq!(first["summary"]["monthly_savings_usd"], 0.0);
    assert!(first["warnings"].to_string().contains("charged for at least 90 days"), "{}", first["warnings"]);
    let shown = site.run(&["plan"]).exits(0).stdout;
    assert!(shown.contains("archives up to") && shown.contains("saves about $0.00 a month"), "{shown}");
    let apply = site.run(&["apply", "--auto-approve"]).exits(0);
    assert!(apply.stderr.contains(" archived "), "{}", apply.stderr);
    let again = plan(&site);
    assert_eq!((again["steps"].as_array().unwrap().len(), &again["gaps"]), (0, &Value::from(Vec::<Value>::new())));
    // Of a unit the index or subject is archived, and the rest is part of it.
    assert!(again["kept_by_reason"]["archived"].as_u64() > Some(5), "{}", again["kept_by_reason"]);
    site.run(&["inventory", "pull", ".", "-o", "after.ndjson"]).exits(0);
    let after = fs::read_to_string(site.path("after.ndjson")).unwrap();
    let images = after.lines().filter(|line| line.contains("\"imageStatus\":\"ARCHIVED\""));
    assert!(images.clone().all(|line| line.contains("\"lastArchivedAt\"")));
    assert_eq!(u64::try_from(images.count()).unwrap(), archives);
}
