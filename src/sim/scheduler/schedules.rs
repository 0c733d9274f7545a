//! Schedules, in their groups.

use serde_json::{Value, json};

use crate::{
    model::Location,
    sim::{
        call::{Answer, Call, Refusal},
        elsewhere::Elsewhere,
        page::Paging,
        state::{Map, copy, fill, inner_text, set, text},
        world::{Key, ObjectKind},
    },
};

const SCHEDULES: ObjectKind = ObjectKind::Elsewhere(Elsewhere::Schedule);
const DEFAULT: &str = "default";

fn view(at: &Location, schedule: &Map) -> Map {
    let mut view = schedule.clone();
    let (group, name) = (text(schedule, "GroupName"), text(schedule, "Name"));
    fill(&mut view, "Arn", format!("arn:aws:scheduler:{}:{}:schedule/{group}/{name}", at.region, at.account_id));
    fill(&mut view, "State", "ENABLED");
    view
}

/// ListSchedules: of one group, or of all. Of a target it tells the ARN and no more.
pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let paging = Paging::named(call, ["MaxResults", "NextToken"], 100, 100)?;
    let group = call.input.text("ScheduleGroup")?;
    let (prefix, state) = (call.input.text("NamePrefix")?.unwrap_or_default(), call.input.text("State")?);
    let under = group.map(|group| format!("{group}/")).unwrap_or_default();
    let schedules = call.world.under(call.at, SCHEDULES, &under, paging.after.as_deref());
    let schedules = schedules.map(|(key, schedule)| (key.id.clone(), view(call.at, &schedule.value)));
    let schedules = schedules.filter(|(_, schedule)| {
        text(schedule, "Name").starts_with(prefix) && state.is_none_or(|state| text(schedule, "State") == state)
    });
    let page = paging.take(schedules.map(|(id, schedule)| (id, summary(&schedule))));
    Ok(json!({ "Schedules": page.items, "NextToken": page.next_token }))
}

fn summary(schedule: &Map) -> Value {
    let mut summary = Map::new();
    let members = ["Arn", "Name", "GroupName", "State", "CreationDate", "LastModificationDate"];
    copy(schedule, &mut summary, &members);
    set(&mut summary, "Target", json!({ "Arn": inner_text(schedule, "Target", "Arn") }));
    Value::Object(summary)
}

/// GetSchedule: of the group named, or of `default`.
pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let (name, group) = (call.input.required("Name")?, call.input.text("groupName")?.unwrap_or(DEFAULT));
    let schedule = call.world.value(&Key::elsewhere(call.at, Elsewhere::Schedule, format!("{group}/{name}")));
    schedule.map(|schedule| Value::Object(view(call.at, schedule))).ok_or_else(|| Refusal {
        status: 404,
        code: "ResourceNotFoundException",
        message: format!("Schedule {name} does not exist."),
    })
}
