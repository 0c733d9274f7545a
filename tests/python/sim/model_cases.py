"""A test of the test: doctored answers must be caught."""

import json
import unittest

from sim import model

HEADERS = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": "1"}
TASK_SET = {"id": "ecs-svc/1", "status": "ACTIVE", "createdAt": 1_700_000_000.5, "scale": {"value": 50.0, "unit": "PERCENT"}}


def faults(value, operation="DescribeTaskSets", service="ecs", status=200, headers=HEADERS):
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return model.faults_of(service, operation, status, headers, body)


def task_sets(**change):
    return {"taskSets": [TASK_SET | change], "failures": []}


class ModelBites(unittest.TestCase):
    def test_a_right_answer_passes(self):
        self.assertEqual(faults(task_sets()), [])
        image = {"imageDigest": "sha256:0", "imageTags": ["a"], "imageSizeInBytes": 5_000_000_000, "imagePushedAt": 1_700_000_000}
        self.assertEqual(faults({"imageDetails": [image]}, "DescribeImages", "ecr"), [])
        self.assertEqual(faults({"__type": "ThrottlingException", "message": "Rate exceeded"}, status=400), [])
        self.assertEqual(faults({"__type": "ServiceNotFoundException", "message": "no"}, status=400), [])

    def test_a_doctored_answer_is_caught(self):
        for value, fault in [
            (task_sets(statusText="x"), "statusText: not a member"),
            (task_sets(createdAt="2026-11-01T06:00:00Z"), "instead of a timestamp"),
            (task_sets(createdAt=1_700_000_000_000), "no instant in seconds"),
            (task_sets(createdAt=True), "instead of a timestamp"),
            (task_sets(runningCount="2"), "instead of an integer"),
            (task_sets(runningCount=2.0), "instead of an integer"),
            (task_sets(runningCount=2**40), "instead of an integer"),
            (task_sets(status=None), "null"),
            (task_sets(scale={"value": "50", "unit": "PERCENT"}), "instead of a number"),
            (task_sets(scale={"value": 50, "unit": "percent"}), "not one of PERCENT"),
            (task_sets(stabilityStatus="STEADY"), "not one of"),
            (task_sets(tags={"key": "a"}), "instead of a list"),
            (task_sets(tags=["a"]), "instead of Tag"),
            ({"taskSets": {}, "failures": []}, "instead of a list"),
            ([], "instead of DescribeTaskSetsResponse"),
            (b"{", "not JSON"),
            (b'{"taskSets": [{"scale": {"value": NaN}}]}', "NaN"),
        ]:
            self.assertIn(fault, "\n".join(faults(value)), value)

    def test_a_missing_required_member_is_caught(self):
        shape = model._models["ecs"].shape_for("RegisterTaskDefinitionRequest")
        self.assertIn("$.family: required and missing", model.check({"containerDefinitions": []}, shape, "$"))

    def test_booleans_maps_and_blobs_are_held_too(self):
        ecs, ecr = model._models["ecs"], model._models["ecr"]
        self.assertEqual(model.check("true", ecs.shape_for("Boolean"), "$"), ["$: str 'true' instead of a boolean"])
        self.assertEqual(len(model.check({"a": 1}, ecs.shape_for("DockerLabelsMap"), "$")), 1)
        self.assertEqual(len(model.check("!", ecr.shape_for("LayerPartBlob"), "$")), 1)

    def test_a_doctored_error_is_caught(self):
        for value, status, fault in [
            ({"__type": "TaskSetMissing", "message": "no"}, 400, "not an error of this operation"),
            ({"__type": "TaskSetNotFoundException", "message": "no"}, 400, "not an error of this operation"),
            ({"__type": "ServiceNotFoundException"}, 400, "without a message"),
            ({"__type": "ServiceNotFoundException", "message": "no"}, 500, "with HTTP 500"),
            ({"__type": "ServerException", "message": "no"}, 400, "with HTTP 400"),
            ({"message": "no"}, 400, "without a __type"),
        ]:
            operation = "DescribeServices" if "TaskSetNot" in value.get("__type", "") else "DescribeTaskSets"
            self.assertIn(fault, "\n".join(faults(value, operation, status=status)), value)

    def test_doctored_headers_are_caught(self):
        self.assertIn("Content-Type", "".join(faults(task_sets(), headers={"x-amzn-RequestId": "1"})))
        self.assertIn("RequestId", "".join(faults(task_sets(), headers={"Content-Type": "application/x-amz-json-1.1"})))
        lying = HEADERS | {"x-amzn-ErrorType": "ClientException"}
        self.assertIn("the header says", "".join(faults({"__type": "ServerException", "message": "a"}, status=500, headers=lying)))

    def test_every_protocol_has_its_own_marks(self):
        rest = {"Content-Type": "application/json", "x-amzn-RequestId": "1"}
        json10 = HEADERS | {"Content-Type": "application/x-amz-json-1.0"}
        self.assertEqual(faults({"Schedules": []}, "ListSchedules", "scheduler", headers=rest), [])
        self.assertEqual(faults({"stateMachines": []}, "ListStateMachines", "stepfunctions", headers=json10), [])
        self.assertEqual(faults({"Rules": []}, "ListRules", "events"), [])
        self.assertIn("Content-Type", "".join(faults({"Schedules": []}, "ListSchedules", "scheduler")))
        self.assertIn("Content-Type", "".join(faults({"stateMachines": []}, "ListStateMachines", "stepfunctions")))
        late = {"Arn": "a", "CreationDate": "2026-01-01T00:00:00Z"}
        self.assertIn("timestamp", "".join(faults({"Schedules": [late]}, "ListSchedules", "scheduler", headers=rest)))
        gone = {"Message": "no"}
        told = rest | {"x-amzn-ErrorType": "ResourceNotFoundException"}
        self.assertEqual(faults(gone, "GetSchedule", "scheduler", status=404, headers=told), [])
        self.assertIn("without a __type", "".join(faults(gone, "GetSchedule", "scheduler", status=404, headers=rest)))

    def test_rest_operations_are_known_by_method_and_path(self):
        for method, path, expected in [
            ("GET", "/schedules?MaxResults=5", ("scheduler", "ListSchedules")),
            ("GET", "/schedules/nightly?groupName=a", ("scheduler", "GetSchedule")),
            ("GET", "/2015-03-31/functions/", ("lambda", "ListFunctions")),
            ("POST", "/v1/describejobdefinitions", ("batch", "DescribeJobDefinitions")),
        ]:
            self.assertEqual(model.operation_of({}, b"", method, path), expected)
        self.assertEqual(model.operation_of({}, b"", "GET", "/robots"), (None, ""))

    def test_doctored_xml_is_caught(self):
        def answer(result, name="GetCallerIdentity"):
            space = "https://sts.amazonaws.com/doc/2011-06-15/"
            meta = "<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>"
            text = f'<{name}Response xmlns="{space}"><{name}Result>{result}</{name}Result>{meta}</{name}Response>'
            return "".join(faults(text.encode(), name, "sts", headers={"Content-Type": "text/xml"}))

        self.assertEqual(answer("<Account>0</Account><Arn>a</Arn><UserId>u</UserId>"), "")
        self.assertIn("Acount: not a member", answer("<Acount>0</Acount>"))
        keys = "<AccessKeyId>a</AccessKeyId><SecretAccessKey>b</SecretAccessKey><SessionToken>c</SessionToken>"
        self.assertIn("Expiration: required", answer(f"<Credentials>{keys}</Credentials>", "AssumeRole"))
        late = f"<Credentials>{keys}<Expiration>1700000000</Expiration></Credentials>"
        self.assertIn("not ISO 8601", answer(late, "AssumeRole"))

    def test_an_operation_that_no_model_has_is_caught(self):
        headers = {"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.ListRobots"}
        self.assertEqual(model.operation_of(headers, b"{}")[0], None)
