"""Services that hold images, definitions and services from outside ECS: they answer what the world's lines say."""

from sim.cli_cases import CommandLine
from sim.server import ACCOUNT, REGION

FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:fn"
JOB = f"arn:aws:batch:{REGION}:{ACCOUNT}:job-definition/nightly"
ACTION = f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:scheduledAction:x:resource/ecs/service/main/web:scheduledActionName"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/fn"
VERSIONS, JOBS, TARGETS, ACTIONS, GROUPS, DEPLOYMENTS = 120, 205, 60, 55, 105, 130
SPEC = {"revisionType": "AppSpecContent", "appSpecContent": {"content": "TaskDefinition: web:1", "sha256": "0"}}


def lines():
    code = {"RepositoryType": "ECR", "ImageUri": f"{IMAGE}:live", "ResolvedImageUri": f"{IMAGE}@sha256:{0:064x}"}
    for version in ["$LATEST", *range(1, VERSIONS)]:
        yield "lambda.function", {"Configuration": {"FunctionArn": f"{FUNCTION}:{version}"}, "Code": code}
    for revision in range(1, JOBS + 1):
        yield "batch.job_definition", {"jobDefinitionArn": f"{JOB}:{revision}", "containerProperties": {"image": IMAGE},
                                       "status": "INACTIVE" if revision == 1 else "ACTIVE"}
    for n in range(TARGETS):
        yield "autoscaling.scalable_target", {
            "ServiceNamespace": "ecs", "ResourceId": f"service/main/s{n:03}", "ScalableDimension": "ecs:service:DesiredCount",
            "MinCapacity": 0, "MaxCapacity": 4}
    yield "autoscaling.scalable_target", {
        "ServiceNamespace": "dynamodb", "ResourceId": "table/t", "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
        "MinCapacity": 1, "MaxCapacity": 4}
    for n in range(ACTIONS):
        yield "autoscaling.scheduled_action", {
            "ScheduledActionARN": f"{ACTION}/a{n:03}", "ServiceNamespace": "ecs", "ResourceId": "service/main/web",
            "Schedule": "rate(1 day)", "ScalableTargetAction": {"MinCapacity": 1}}
    for n in range(GROUPS):
        yield "codedeploy.deployment_group", {
            "applicationName": "shop", "deploymentGroupName": f"g{n:03}",
            "ecsServices": [{"clusterName": "main", "serviceName": f"s{n:03}"}],
            "lastSuccessfulDeployment": {"deploymentId": "d-000", "status": "Succeeded", "endTime": "2026-01-01T00:00:00Z"}}
    yield "codedeploy.deployment_group", {"applicationName": "fleet", "deploymentGroupName": "all", "computePlatform": "Server"}
    for n in range(DEPLOYMENTS):
        yield "codedeploy.deployment", {
            "deploymentId": f"d-{n:03}", "applicationName": "shop", "deploymentGroupName": f"g{n % GROUPS:03}",
            "status": "InProgress" if n == 7 else "Succeeded", "revision": SPEC, "createTime": "2026-01-01T00:00:00Z"}


class Holders(CommandLine):
    records = tuple(lines())

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.functions, cls.batch, cls.deploy = (cls.client(name) for name in ["lambda", "batch", "codedeploy"])
        cls.scaling = cls.client("application-autoscaling")

    def pages(self, call, key, token="nextToken", back=None, **arguments):
        """The lengths of the pages of a list, whose token comes as `token` and goes back as `back`."""
        lengths, last = [], None
        while True:
            answer = call(**arguments, **({back or token: last} if last else {}))
            lengths.append(len(answer[key]))
            last = answer.get(token)
            if not last:
                return lengths

    def test_versions_of_functions(self):
        listed = self.functions.list_functions
        arguments = {"key": "Functions", "token": "NextMarker", "back": "Marker"}
        self.assertEqual(self.pages(listed, **arguments, FunctionVersion="ALL", MaxItems=10_000), [50, 50, 20])
        self.assertEqual(self.pages(listed, **arguments, FunctionVersion="ALL", MaxItems=7)[:2], [7, 7])
        self.assertEqual([one["Version"] for one in listed()["Functions"]], ["$LATEST"])
        found = self.functions.get_function(FunctionName="fn", Qualifier="3")
        self.assertEqual(found["Configuration"]["FunctionArn"], f"{FUNCTION}:3")
        self.assertEqual(found["Configuration"]["PackageType"], "Image")
        self.assertEqual(found["Code"]["ImageUri"], f"{IMAGE}:live")
        with self.refused("ResourceNotFoundException"):
            self.functions.get_function(FunctionName="fn", Qualifier="999")
        with self.refused("InvalidParameterValueException"):
            listed(MaxItems=10_001)

    def test_job_definitions(self):
        call = self.batch.describe_job_definitions
        self.assertEqual(self.pages(call, "jobDefinitions", status="ACTIVE"), [100, 100, 4])
        self.assertEqual(self.pages(call, "jobDefinitions", jobDefinitionName="nightly", maxResults=50), [50, 50, 50, 50, 5])
        [one] = call(jobDefinitions=["nightly:7"])["jobDefinitions"]
        self.assertEqual((one["jobDefinitionArn"], one["revision"]), (f"{JOB}:7", 7))
        for wrong in [{"maxResults": 101}, {"nextToken": "nonsense"}, {"jobDefinitions": ["a"] * 101}]:
            with self.refused("ClientException"):
                call(**wrong)

    def test_scaling(self):
        for call, key, count in [
            (self.scaling.describe_scalable_targets, "ScalableTargets", TARGETS),
            (self.scaling.describe_scheduled_actions, "ScheduledActions", ACTIONS),
        ]:
            self.assertEqual(self.pages(call, key, "NextToken", ServiceNamespace="ecs"), [50, count - 50])
            for wrong in [{"MaxResults": 51}, {"NextToken": "nonsense"}]:
                with self.refused("ValidationException"):
                    call(ServiceNamespace="ecs", **wrong)
            with self.refused("ValidationException"):
                call()
        targets = self.scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=["service/main/s001"])
        self.assertEqual([target["MaxCapacity"] for target in targets["ScalableTargets"]], [4])

    def test_applications_and_groups(self):
        self.assertEqual(self.deploy.list_applications()["applications"], ["fleet", "shop"])
        known = self.deploy.batch_get_applications(applicationNames=["shop", "fleet"])["applicationsInfo"]
        self.assertEqual([one["computePlatform"] for one in known], ["ECS", "Server"])
        pages = self.collect(self.deploy.list_deployment_groups, "deploymentGroups", applicationName="shop")
        self.assertEqual([len(page) for page in pages], [100, 5])
        found = self.deploy.batch_get_deployment_groups(applicationName="shop", deploymentGroupNames=["g000", "absent"])
        self.assertEqual([group["deploymentGroupName"] for group in found["deploymentGroupsInfo"]], ["g000"])
        self.assertIn("absent", found["errorMessage"])
        with self.refused("ApplicationDoesNotExistException"):
            self.deploy.list_deployment_groups(applicationName="absent")
        with self.refused("ApplicationDoesNotExistException"):
            self.deploy.batch_get_deployment_groups(applicationName="absent", deploymentGroupNames=["a"])
        with self.refused("ApplicationDoesNotExistException"):
            self.deploy.batch_get_applications(applicationNames=["shop", "absent"])
        with self.refused("BatchLimitExceededException"):
            self.deploy.batch_get_applications(applicationNames=["shop"] * 101)
        with self.refused("BatchLimitExceededException"):
            self.deploy.batch_get_deployment_groups(applicationName="shop", deploymentGroupNames=["g000"] * 101)

    def test_deployments(self):
        pages = self.collect(self.deploy.list_deployments, "deployments")
        self.assertEqual([len(page) for page in pages], [100, 30])
        self.assertEqual(self.deploy.list_deployments(includeOnlyStatuses=["Created", "InProgress"])["deployments"], ["d-007"])
        of_group = self.deploy.list_deployments(applicationName="shop", deploymentGroupName="g000")
        self.assertEqual(of_group["deployments"], ["d-000", "d-105"])
        found = self.deploy.batch_get_deployments(deploymentIds=["d-007", "d-absent"])["deploymentsInfo"]
        self.assertEqual([(one["deploymentId"], one["createTime"].year) for one in found], [("d-007", 2026)])
        with self.refused("BatchLimitExceededException"):
            self.deploy.batch_get_deployments(deploymentIds=["d-007"] * 26)
        with self.refused("DeploymentIdRequiredException"):
            self.deploy.batch_get_deployments(deploymentIds=[])
        with self.refused("InvalidDeploymentStatusException"):
            self.deploy.list_deployments(includeOnlyStatuses=["Resting"])
        with self.refused("DeploymentGroupNameRequiredException"):
            self.deploy.list_deployments(applicationName="shop")
        with self.refused("InvalidNextTokenException"):
            self.deploy.list_deployments(nextToken="nonsense")

    def test_the_command_line(self):
        group = ["--application-name", "shop"]
        for words, key in [
            (["lambda", "list-functions", "--function-version", "ALL"], "Functions"),
            (["lambda", "get-function", "--function-name", "fn", "--qualifier", "3"], "Code"),
            (["batch", "describe-job-definitions", "--status", "ACTIVE"], "jobDefinitions"),
            (["application-autoscaling", "describe-scalable-targets", "--service-namespace", "ecs"], "ScalableTargets"),
            (["application-autoscaling", "describe-scheduled-actions", "--service-namespace", "ecs"], "ScheduledActions"),
            (["deploy", "list-applications"], "applications"),
            (["deploy", "batch-get-applications", "--application-names", "shop"], "applicationsInfo"),
            (["deploy", "list-deployment-groups", *group], "deploymentGroups"),
            (["deploy", "batch-get-deployment-groups", *group, "--deployment-group-names", "g000"], "deploymentGroupsInfo"),
            (["deploy", "list-deployments"], "deployments"),
            (["deploy", "batch-get-deployments", "--deployment-ids", "d-000"], "deploymentsInfo"),
        ]:
            self.assertTrue(self.aws(*words)[key], words)
