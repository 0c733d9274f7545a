//! AWS Lambda (API 2015-03-31): versions of functions. Each is a line of the world, whose ARN ends in the version.

use serde_json::{Value, json};

use super::{
    call::{Answer, Call, Refusal},
    elsewhere::Elsewhere,
    page::Paging,
    state::{Map, fill, inner_text, set, text},
    world::{Key, ObjectKind},
};

const FUNCTIONS: ObjectKind = ObjectKind::Elsewhere(Elsewhere::Function);
const LATEST: &str = "$LATEST";

/// Answers a Lambda operation; `None` if it is not simulated.
pub(super) fn dispatch(call: &mut Call<'_>) -> Option<Answer> {
    match call.operation {
        "ListFunctions" => Some(list(call)),
        "GetFunction" => Some(get(call)),
        _ => None,
    }
}

/// The function's configuration, completed from its ARN `…:function:NAME:VERSION`.
fn configuration(function: &Map) -> Map {
    let mut configuration = function.get("Configuration").and_then(Value::as_object).cloned().unwrap_or_default();
    let arn = text(&configuration, "FunctionArn").to_owned();
    let mut parts = arn.split(':').skip(6);
    fill(&mut configuration, "FunctionName", parts.next().unwrap_or_default());
    fill(&mut configuration, "Version", parts.next().unwrap_or(LATEST));
    let has_image = !inner_text(function, "Code", "ImageUri").is_empty();
    fill(&mut configuration, "PackageType", if has_image { "Image" } else { "Zip" });
    configuration
}

/// ListFunctions: what is not published, or with `FunctionVersion=ALL` everything. Never more than fifty a page, whatever
/// is asked for ("ListFunctions", API reference).
fn list(call: &mut Call<'_>) -> Answer {
    let all = call.input.text("FunctionVersion")? == Some("ALL");
    let asked = Paging::named(call, ["MaxItems", "Marker"], 50, 10_000)?;
    let paging = asked.at_most(50);
    let functions = call.world.under(call.at, FUNCTIONS, "", paging.after.as_deref());
    let functions = functions.map(|(key, function)| (key.id.clone(), configuration(&function.value)));
    let functions = functions.filter(|(_, configuration)| all || text(configuration, "Version") == LATEST);
    let page = paging.take(functions);
    Ok(json!({ "Functions": page.items, "NextMarker": page.next_token }))
}

/// GetFunction: of the version named, or of what is not published.
fn get(call: &mut Call<'_>) -> Answer {
    let named = call.input.required("FunctionName")?;
    let name = named.split_once(":function:").map_or(named, |(_, name)| name);
    let version = call.input.text("Qualifier")?.unwrap_or(LATEST);
    let arn = format!("arn:aws:lambda:{}:{}:function:{name}:{version}", call.at.region, call.at.account_id);
    let found = call.world.value(&Key::elsewhere(call.at, Elsewhere::Function, arn.as_str()));
    // A world may leave `$LATEST` out of an ARN, or be of another partition.
    let found = found.or_else(|| {
        let mut functions = call.world.under(call.at, FUNCTIONS, "", None).map(|(_, function)| &function.value);
        functions.find(|function| {
            let configuration = configuration(function);
            text(&configuration, "FunctionName") == name && text(&configuration, "Version") == version
        })
    });
    if let Some(function) = found {
        let mut view = function.clone();
        set(&mut view, "Configuration", configuration(function));
        return Ok(Value::Object(view));
    }
    Err(Refusal { status: 404, code: "ResourceNotFoundException", message: format!("Function not found: {arn}") })
}
