//! `plan --as-of`: what will be due, on what is there now.

use serde_json::Value;

use crate::site::Site;

fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn steps(text: &str) -> usize {
    document(text)["steps"].as_array().unwrap().len()
}

#[test]
fn a_forecast_says_so_first_and_last_and_cannot_be_applied() {
    let site = Site::quickstart();
    let forecast = site.run(&["plan", "--as-of", "+30d", "--out", "f.json"]).exits(0);
    let (first, last) = forecast.stdout.split_once("Plan: ").unwrap();
    assert!(first.contains("as of 2026-12-01 06:00 UTC") && first.contains("This is a forecast"), "{first}");
    assert!(last.contains("This is a forecast for 2026-12-01 06:00 UTC and can never be applied"), "{last}");
    assert!(!last.contains("To carry it out") && !last.contains("Can be applied until"), "{last}");
    let plan = document(&std::fs::read_to_string(site.path("f.json")).unwrap());
    assert_eq!((&plan["applyable"], &plan["refusals"][0]["code"]), (&false.into(), &"forecast".into()));
    assert!(plan["created_at"].as_str().unwrap().starts_with("2026-11-01T06:00:"));
    assert!(plan["as_of"].as_str().unwrap().starts_with("2026-12-01T06:00:"));
    let shown = site.run(&["show", "f.json"]).exits(0).stdout;
    assert_eq!(shown, forecast.stdout);
    let id = plan["plan_id"].as_str().unwrap();
    for words in [&["apply", "f.json", "--expect", id][..], &["apply", "f.json", "--auto-approve"]] {
        let refused = site.run(words).exits(5);
        assert!(refused.stderr.contains("it is a forecast for 2026-12-01 06:00 UTC"), "{}", refused.stderr);
        assert!(refused.stderr.contains("make the plan again"), "{}", refused.stderr);
    }
    assert_eq!(site.run(&["journal", "list"]).exits(0).stdout, "");
}

/// That it has expired by then is not the reason, and to plan again before its time is no remedy.
#[test]
fn an_old_forecast_is_refused_as_a_forecast() {
    let site = Site::quickstart();
    crate::touch::edit(&site, "policy.hcl", "settings {", "settings {\n  plan_expiry = \"1s\"");
    site.run(&["plan", "--as-of", "+30d", "--out", "f.json"]).exits(0);
    site.run(&["plan"]).exits(0);
    let refused = site.run(&["apply", "f.json", "--auto-approve"]).exits(5);
    assert!(refused.stderr.contains("it is a forecast"), "{}", refused.stderr);
}

#[test]
fn a_recorded_inventory_can_be_asked_about_later_times() {
    let site = Site::quickstart();
    let plan = |words: &[&str]| {
        let words = [&["plan", "--inventory", "world.ndjson", "--format", "json"], words].concat();
        site.run(&words).exits(0).stdout
    };
    let (now, later) = (plan(&[]), plan(&["--as-of", "2027-06-01"]));
    assert!(steps(&later) > steps(&now), "{} and {}", steps(&now), steps(&later));
    assert_eq!((&document(&now)["applyable"], &document(&later)["applyable"]), (&true.into(), &false.into()));
    // Its own instant is no forecast.
    assert_eq!(plan(&["--as-of", "+0s"]), now);
    assert_eq!(plan(&["--as-of", document(&now)["as_of"].as_str().unwrap()]), now);
    assert!(!site.path("state").exists());
}

#[test]
fn the_past_and_nonsense_are_refused_with_advice() {
    let site = Site::quickstart();
    for (text, code, said) in [
        ("-30d", 64, "--inventory FILE"),
        ("tomorrow", 64, "or `+30d`"),
        ("30d", 64, "or `+30d`"),
        ("2026-10-01", 1, "a forecast looks forward"),
    ] {
        let refused = site.run(&["plan", "--inventory", "world.ndjson", "--as-of", text]).exits(code);
        assert!(refused.stderr.contains(said), "{text}: {}", refused.stderr);
        assert_eq!(refused.stdout, "");
    }
}

/// What was seen was seen now: were it recorded at the forecast's instant, nothing would be due until long after it.
#[test]
fn the_ledger_learns_nothing_of_the_future() {
    let site = Site::quickstart();
    let before = steps(&site.run(&["plan", "--format", "json", "--as-of", "+400d"]).exits(0).stdout);
    let first = site.run(&["plan", "--format", "json"]).exits(0).stdout;
    let fresh = Site::quickstart().run(&["plan", "--format", "json"]).exits(0).stdout;
    assert_eq!(document(&first)["plan_id"], document(&fresh)["plan_id"]);
    let again = steps(&site.run(&["plan", "--format", "json", "--as-of", "+400d"]).exits(0).stdout);
    assert!(again == before && again > steps(&first), "{before}, then {again}");
}
