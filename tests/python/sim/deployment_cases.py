"""Service deployments, service revisions and managed daemons, over boto3 and the AWS CLI."""

from sim.case import Case, definition
from sim.cli_cases import Cli
from sim.server import ACCOUNT, REGION

ARN = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
DAY = "2026-10-01T00:00:00Z"
DIGEST = "sha256:" + "0" * 64
SERVICE, DEPLOYMENT, REVISION = f"{ARN}:service/main/old", f"{ARN}:service-deployment/main/old", f"{ARN}:service-revision/main/old"
DAEMON, DAEMON_REVISION = f"{ARN}:daemon/main/agent", f"{ARN}:daemon-revision/main/agent"


def loaded():
    """A cluster with a service of 23 deployments, two daemons and their definitions."""
    yield "ecs.cluster", {"clusterArn": f"{ARN}:cluster/main"}
    yield "ecs.service", {"serviceArn": SERVICE, "currentServiceDeployment": f"{DEPLOYMENT}/22",
                          "currentServiceRevisions": [{"arn": f"{REVISION}/22", "requestedTaskCount": 0, "runningTaskCount": 0, "pendingTaskCount": 0}]}
    for number in range(23):
        yield "ecs.service_deployment", {
            "serviceDeploymentArn": f"{DEPLOYMENT}/{number:02}", "status": "ROLLBACK_SUCCESSFUL" if number == 7 else "SUCCESSFUL",
            "createdAt": DAY, "startedAt": DAY, "finishedAt": DAY, "targetServiceRevision": {"arn": f"{REVISION}/{number}"},
            "rollback": {"serviceRevisionArn": f"{REVISION}/6", "startedAt": DAY, "reason": "alarm"}}
        yield "ecs.service_revision", {
            "serviceRevisionArn": f"{REVISION}/{number}", "taskDefinition": f"{ARN}:task-definition/web:1", "createdAt": DAY,
            "containerImages": [{"containerName": "app", "image": "nginx:1", "imageDigest": DIGEST}]}
    yield "ecs.daemon", {"daemonArn": DAEMON, "deploymentArn": f"{ARN}:daemon-deployment/main/agent/1", "createdAt": DAY, "updatedAt": DAY,
                         "currentRevisions": [{"arn": f"{DAEMON_REVISION}/2"}]}
    for number in [1, 2]:
        yield "ecs.daemon_revision", {
            "daemonRevisionArn": f"{DAEMON_REVISION}/{number}", "createdAt": DAY,
            "daemonTaskDefinitionArn": f"{ARN}:daemon-task-definition/agent:{number}",
            "containerImages": [{"containerName": "agent", "image": "agent:1", "imageDigest": DIGEST}]}
        yield "ecs.daemon_task_definition", {
            "daemonTaskDefinitionArn": f"{ARN}:daemon-task-definition/agent:{number}", "registeredAt": DAY, "registeredBy": "me",
            "containerDefinitions": [{"name": "agent", "image": "agent:1"}]}


class EcsDeployments(Case):
    records = tuple(loaded())

    def test_a_history_of_the_world_file(self):
        where = {"cluster": "main", "service": "old"}
        pages = self.collect(self.ecs.list_service_deployments, "serviceDeployments", **where)
        self.assertEqual([len(page) for page in pages], [20, 3])
        self.assertEqual(pages[0][0]["targetServiceRevisionArn"], f"{REVISION}/0")
        [back] = self.ecs.list_service_deployments(**where, status=["ROLLBACK_SUCCESSFUL"])["serviceDeployments"]
        answer = self.ecs.describe_service_deployments(serviceDeploymentArns=[back["serviceDeploymentArn"], f"{DEPLOYMENT}/99"])
        self.assertEqual(answer["serviceDeployments"][0]["rollback"]["serviceRevisionArn"], f"{REVISION}/6")
        self.assertEqual(answer["failures"], [{"arn": f"{DEPLOYMENT}/99", "reason": "MISSING"}])
        [revision] = self.ecs.describe_service_revisions(serviceRevisionArns=[f"{REVISION}/6"])["serviceRevisions"]
        self.assertEqual(revision["containerImages"][0]["imageDigest"], DIGEST)
        [service] = self.ecs.describe_services(cluster="main", services=["old"])["services"]
        self.assertEqual(service["currentServiceDeployment"], f"{DEPLOYMENT}/22")

    def test_a_new_service_makes_one(self):
        self.ecs.register_task_definition(**definition("web"))
        made = self.ecs.create_service(cluster="main", serviceName="new", taskDefinition="web:1", desiredCount=1)["service"]
        arns = [made["currentServiceDeployment"]]
        [begun] = self.ecs.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"]
        self.assertEqual((begun["status"], begun["sourceServiceRevisions"]), ("IN_PROGRESS", []))
        status = lambda: self.ecs.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"][0]["status"]
        self.eventually(lambda: status() == "SUCCESSFUL")
        [revision] = self.ecs.describe_service_revisions(serviceRevisionArns=[begun["targetServiceRevision"]["arn"]])["serviceRevisions"]
        self.assertTrue(revision["containerImages"][0]["imageDigest"].startswith("sha256:"))
        again = self.ecs.update_service(cluster="main", service="new", forceNewDeployment=True)["service"]
        self.assertEqual(len(again["currentServiceRevisions"]), 2)

    def test_refusals(self):
        with self.refused("ServiceNotFoundException"):
            self.ecs.list_service_deployments(cluster="main", service="absent")
        with self.refused("ClusterNotFoundException"):
            self.ecs.list_service_deployments(cluster="absent", service="old")
        with self.refused("InvalidParameterException"):
            self.ecs.list_service_deployments(cluster="main", service="old", maxResults=101)
        for call, member in [
            (self.ecs.describe_service_deployments, "serviceDeploymentArns"), (self.ecs.describe_service_revisions, "serviceRevisionArns"),
            (self.ecs.describe_daemon_deployments, "daemonDeploymentArns"), (self.ecs.describe_daemon_revisions, "daemonRevisionArns"),
        ]:
            for arns in [[], [f"{REVISION}/{number}" for number in range(21)]]:
                with self.refused("InvalidParameterException"):
                    call(**{member: arns})
        with self.refused("DaemonNotFoundException"):
            self.ecs.describe_daemon(daemonArn=f"{ARN}:daemon/main/absent")
        with self.refused("ClientException"):
            self.ecs.describe_daemon_task_definition(daemonTaskDefinition="absent:1")

    def test_daemons(self):
        [listed] = self.ecs.list_daemons(clusterArn=f"{ARN}:cluster/main")["daemonSummariesList"]
        daemon = self.ecs.describe_daemon(daemonArn=listed["daemonArn"])["daemon"]
        [deployment] = self.ecs.describe_daemon_deployments(daemonDeploymentArns=[daemon["deploymentArn"]])["daemonDeployments"]
        self.assertEqual(deployment["targetDaemonRevision"]["arn"], daemon["currentRevisions"][0]["arn"])
        sources = [source["arn"] for source in deployment["sourceDaemonRevisions"]]
        answer = self.ecs.describe_daemon_revisions(daemonRevisionArns=[*sources, f"{DAEMON_REVISION}/9"])
        self.assertEqual(answer["daemonRevisions"][0]["containerImages"][0]["imageDigest"], DIGEST)
        self.assertEqual(answer["failures"][0]["reason"], "MISSING")
        listed = self.ecs.list_daemon_task_definitions(status="ALL", sort="DESC")["daemonTaskDefinitions"]
        self.assertEqual([one["arn"].rpartition(":")[2] for one in listed], ["2", "1"])
        newest = self.ecs.describe_daemon_task_definition(daemonTaskDefinition="agent")["daemonTaskDefinition"]
        self.assertEqual((newest["revision"], newest["containerDefinitions"][0]["image"]), (2, "agent:1"))


class CliDeployments(Cli):
    records = tuple(loaded())

    # The cases of the parent are its own.
    test_ecs = test_task_sets = test_ecr = test_sts = None

    def test_deployments(self):
        listed = self.aws("ecs", "list-service-deployments", "--cluster", "main", "--service", "old", "--max-results", "100")
        self.assertEqual(len(listed["serviceDeployments"]), 23)
        found = self.aws("ecs", "describe-service-deployments", "--service-deployment-arns", f"{DEPLOYMENT}/00")
        self.assertEqual(found["serviceDeployments"][0]["status"], "SUCCESSFUL")
        found = self.aws("ecs", "describe-service-revisions", "--service-revision-arns", f"{REVISION}/0", f"{REVISION}/1")
        self.assertEqual(len(found["serviceRevisions"]), 2)

    def test_daemons(self):
        listed = self.aws("ecs", "list-daemons", "--cluster-arn", f"{ARN}:cluster/main")
        self.assertEqual(listed["daemonSummariesList"][0]["daemonArn"], DAEMON)
        daemon = self.aws("ecs", "describe-daemon", "--daemon-arn", DAEMON)["daemon"]
        self.aws("ecs", "describe-daemon-deployments", "--daemon-deployment-arns", daemon["deploymentArn"])
        self.aws("ecs", "describe-daemon-revisions", "--daemon-revision-arns", daemon["currentRevisions"][0]["arn"])
        self.assertEqual(len(self.aws("ecs", "list-daemon-task-definitions")["daemonTaskDefinitions"]), 2)
        self.aws("ecs", "describe-daemon-task-definition", "--daemon-task-definition", "agent:1")
