"""Services that hold definitions from outside ECS: they answer what the world's lines say."""

import json

from sim.cli_cases import CommandLine
from sim.server import ACCOUNT, REGION

CLUSTER = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/main"
DEFINITION = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/web"
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/run"
RULES, SCHEDULES, MACHINES = 203, 105, 7
ASL = json.dumps({"StartAt": "Run", "States": {"Run": {
    "Type": "Task", "Resource": "arn:aws:states:::ecs:runTask", "Parameters": {"TaskDefinition": DEFINITION}, "End": True}}})


def ecs_target(name):
    return {"Id": name, "Arn": CLUSTER, "RoleArn": ROLE, "EcsParameters": {"TaskDefinitionArn": f"{DEFINITION}:1", "TaskCount": 1}}


def lines():
    for n in range(RULES):
        yield "events.rule", {"Name": f"r{n:03}", "EventBusName": "default", "ScheduleExpression": "rate(1 day)"}
    yield "events.rule", {"Name": "busy", "EventBusName": "orders", "State": "DISABLED",
                          "Targets": [ecs_target(f"t{n}") for n in range(5)]}
    for n in range(SCHEDULES):
        yield "scheduler.schedule", {
            "Name": f"s{n:03}", "GroupName": "nightly" if n % 2 else "default", "ScheduleExpression": "rate(1 day)",
            "FlexibleTimeWindow": {"Mode": "OFF"}, "CreationDate": "2026-01-01T00:00:00Z",
            "Target": {"Arn": CLUSTER, "RoleArn": ROLE, "EcsParameters": {"TaskDefinitionArn": DEFINITION}}}
    for n in range(MACHINES):
        versions = [{"stateMachineVersionArn": f"{MACHINE}:m{n}:{version}", "definition": ASL} for version in range(1, n + 1)]
        yield "states.state_machine", {
            "stateMachineArn": f"{MACHINE}:m{n}", "name": f"m{n}", "type": "EXPRESS", "roleArn": ROLE,
            "creationDate": "2026-01-01T00:00:00Z", "definition": ASL, "versions": versions}


class Elsewhere(CommandLine):
    records = tuple(lines())

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.events, cls.scheduler, cls.states = (cls.client(name) for name in ["events", "scheduler", "stepfunctions"])

    def follow(self, call, key, **arguments):
        """The lengths of the pages of a list that spells its token `NextToken`."""
        lengths, token = [], None
        while True:
            answer = call(**arguments, **({"NextToken": token} if token else {}))
            lengths.append(len(answer[key]))
            token = answer.get("NextToken")
            if not token:
                return lengths

    def test_rules_and_their_targets(self):
        self.assertEqual([bus["Name"] for bus in self.events.list_event_buses()["EventBuses"]], ["default", "orders"])
        self.assertEqual(self.follow(self.events.list_rules, "Rules"), [100, 100, 3])
        self.assertEqual(self.follow(self.events.list_rules, "Rules", NamePrefix="r20", Limit=2), [2, 1])
        [rule] = self.events.list_rules(EventBusName="orders")["Rules"]
        self.assertEqual(rule["State"], "DISABLED")
        self.assertEqual(rule["Arn"], f"arn:aws:events:{REGION}:{ACCOUNT}:rule/orders/busy")
        self.assertEqual(self.follow(self.events.list_targets_by_rule, "Targets", Rule="busy", EventBusName="orders", Limit=2), [2, 2, 1])
        self.assertEqual(self.events.list_targets_by_rule(Rule="r000")["Targets"], [])

    def test_what_events_refuses(self):
        with self.refused("ResourceNotFoundException"):
            self.events.list_rules(EventBusName="absent")
        with self.refused("ResourceNotFoundException"):
            self.events.list_targets_by_rule(Rule="busy")
        for wrong in [{"Limit": 0}, {"Limit": 101}, {"NextToken": "nonsense"}]:
            with self.refused("ValidationException"):
                self.events.list_rules(**wrong)

    def test_schedules(self):
        self.assertEqual(self.follow(self.scheduler.list_schedules, "Schedules"), [100, 5])
        self.assertEqual(self.follow(self.scheduler.list_schedules, "Schedules", GroupName="nightly", MaxResults=50), [50, 2])
        [one] = self.scheduler.list_schedules(NamePrefix="s001")["Schedules"]
        self.assertEqual(one["Target"], {"Arn": CLUSTER})
        found = self.scheduler.get_schedule(Name="s001", GroupName="nightly")
        self.assertEqual(found["Target"]["EcsParameters"]["TaskDefinitionArn"], DEFINITION)
        self.assertEqual(found["CreationDate"].year, 2026)
        self.assertEqual(self.scheduler.get_schedule(Name="s000")["GroupName"], "default")

    def test_what_the_scheduler_refuses(self):
        with self.refused("ResourceNotFoundException"):
            self.scheduler.get_schedule(Name="s001")
        for wrong in [{"MaxResults": 101}, {"NextToken": "nonsense"}]:
            with self.refused("ValidationException"):
                self.scheduler.list_schedules(**wrong)

    def test_state_machines_and_versions(self):
        pages = self.collect(self.states.list_state_machines, "stateMachines", maxResults=5)
        self.assertEqual([len(page) for page in pages], [5, 2])
        pages = self.collect(self.states.list_state_machine_versions, "stateMachineVersions", stateMachineArn=f"{MACHINE}:m3", maxResults=2)
        arns = [version["stateMachineVersionArn"] for page in pages for version in page]
        self.assertEqual(arns, [f"{MACHINE}:m3:{version}" for version in [3, 2, 1]])
        for arn in [f"{MACHINE}:m3", arns[0]]:
            found = self.states.describe_state_machine(stateMachineArn=arn)
            self.assertEqual((found["stateMachineArn"], json.loads(found["definition"])), (arn, json.loads(ASL)))

    def test_what_states_refuses(self):
        for absent in [f"{MACHINE}:absent", f"{MACHINE}:m3:9"]:
            with self.refused("StateMachineDoesNotExist"):
                self.states.describe_state_machine(stateMachineArn=absent)
        with self.refused("InvalidArn"):
            self.states.describe_state_machine(stateMachineArn="m3")
        with self.refused("ValidationException"):
            self.states.list_state_machines(maxResults=1001)

    def test_the_command_line(self):
        for words, key in [
            (["events", "list-event-buses"], "EventBuses"),
            (["events", "list-rules"], "Rules"),
            (["events", "list-targets-by-rule", "--rule", "busy", "--event-bus-name", "orders"], "Targets"),
            (["scheduler", "list-schedules"], "Schedules"),
            (["scheduler", "get-schedule", "--name", "s000"], "Target"),
            (["stepfunctions", "list-state-machines"], "stateMachines"),
            (["stepfunctions", "list-state-machine-versions", "--state-machine-arn", f"{MACHINE}:m3"], "stateMachineVersions"),
            (["stepfunctions", "describe-state-machine", "--state-machine-arn", f"{MACHINE}:m3"], "definition"),
        ]:
            self.assertTrue(self.aws(*words)[key], words)
