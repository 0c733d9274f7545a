"""Clusters, definitions, services and tasks over ordinary calls."""

from sim.case import Case, definition
from sim.server import ACCOUNT, REGION

ARN = f"arn:aws:ecs:{REGION}:{ACCOUNT}"


class EcsClusters(Case):
    def test_a_cluster_from_creation_to_description(self):
        created = self.ecs.create_cluster(clusterName="one", tags=[{"key": "team", "value": "a"}])["cluster"]
        self.assertEqual((created["clusterArn"], created["status"]), (f"{ARN}:cluster/one", "ACTIVE"))
        self.assertIn(created["clusterArn"], self.ecs.list_clusters()["clusterArns"])
        answer = self.ecs.describe_clusters(clusters=["one", "absent"], include=["TAGS"])
        self.assertEqual(answer["clusters"][0]["tags"], [{"key": "team", "value": "a"}])
        self.assertEqual([(f["reason"], f["arn"]) for f in answer["failures"]], [("MISSING", f"{ARN}:cluster/absent")])

    def test_more_than_a_hundred_in_one_description_are_refused(self):
        with self.refused("InvalidParameterException"):
            self.ecs.describe_clusters(clusters=[f"c{n}" for n in range(101)])

    def test_a_cluster_that_is_not_there(self):
        for call in [self.ecs.list_services, self.ecs.list_tasks]:
            with self.refused("ClusterNotFoundException"):
                call(cluster="absent")
        with self.refused("ClusterNotFoundException"):
            self.ecs.describe_services(cluster="absent", services=["web"])


class EcsDefinitions(Case):
    def register(self, family, **more):
        return self.ecs.register_task_definition(**definition(family, **more))["taskDefinition"]

    def names(self, **arguments):
        return [arn.rpartition("/")[2] for arn in self.ecs.list_task_definitions(**arguments)["taskDefinitionArns"]]

    def test_a_revision_is_registered_and_described(self):
        made = self.register("first", tags=[{"key": "owner", "value": "a"}])
        self.assertEqual((made["taskDefinitionArn"], made["revision"]), (f"{ARN}:task-definition/first:1", 1))
        answer = self.ecs.describe_task_definition(taskDefinition="first:1", include=["TAGS"])
        self.assertEqual(answer["tags"], [{"key": "owner", "value": "a"}])
        self.assertEqual(answer["taskDefinition"]["status"], "ACTIVE")
        self.assertEqual(answer["taskDefinition"]["registeredAt"].tzname(), made["registeredAt"].tzname())

    def test_a_family_alone_means_its_newest_active_revision(self):
        for _ in range(3):
            self.register("newest")
        self.ecs.deregister_task_definition(taskDefinition="newest:3")
        self.assertEqual(self.ecs.describe_task_definition(taskDefinition="newest")["taskDefinition"]["revision"], 2)
        self.assertEqual(self.ecs.describe_task_definition(taskDefinition="newest:3")["taskDefinition"]["status"], "INACTIVE")

    def test_lists_by_family_status_and_order(self):
        for family in ["list", "list", "list", "lister"]:
            self.register(family)
        self.ecs.deregister_task_definition(taskDefinition="list:1")
        self.assertEqual(self.names(familyPrefix="list"), ["list:2", "list:3"])
        self.assertEqual(self.names(familyPrefix="list", sort="DESC"), ["list:3", "list:2"])
        self.assertEqual(self.names(familyPrefix="list", status="INACTIVE"), ["list:1"])
        self.assertEqual(self.names(familyPrefix="list", status="DELETE_IN_PROGRESS"), [])
        families = self.ecs.list_task_definition_families(familyPrefix="list", status="ACTIVE")["families"]
        self.assertEqual(families, ["list", "lister"])

    def test_a_revision_goes_from_active_to_gone(self):
        made = self.register("goes")
        arn = made["taskDefinitionArn"]
        gone = self.ecs.deregister_task_definition(taskDefinition="goes:1")["taskDefinition"]
        self.assertEqual(gone["status"], "INACTIVE")
        self.assertGreaterEqual(gone["deregisteredAt"], made["registeredAt"])
        answer = self.ecs.delete_task_definitions(taskDefinitions=["goes:1"])
        self.assertEqual(answer["failures"], [])
        self.assertEqual(answer["taskDefinitions"][0]["status"], "DELETE_IN_PROGRESS")
        self.assertNotIn(arn, self.ecs.list_task_definitions(familyPrefix="goes", status="INACTIVE")["taskDefinitionArns"])
        self.assertEqual(self.register("goes")["revision"], 2, "a revision's number is never given again")

    def test_deletions_that_fail_one_by_one(self):
        self.register("active")
        answer = self.ecs.delete_task_definitions(taskDefinitions=["active:1", "unheard-of:7"])
        self.assertEqual(answer["taskDefinitions"], [])
        self.assertEqual(len(answer["failures"]), 2)
        self.assertEqual(self.ecs.describe_task_definition(taskDefinition="active:1")["taskDefinition"]["status"], "ACTIVE")

    def test_refusals(self):
        with self.refused("ClientException", saying="Unable to describe task definition"):
            self.ecs.describe_task_definition(taskDefinition="unheard-of:1")
        with self.refused("ClientException", "InvalidParameterException"):
            self.ecs.deregister_task_definition(taskDefinition="unheard-of:1")
        self.register("whole")
        with self.refused("ClientException", "InvalidParameterException"):
            self.ecs.deregister_task_definition(taskDefinition="whole")
        with self.refused("InvalidParameterException"):
            self.ecs.delete_task_definitions(taskDefinitions=[f"many:{n}" for n in range(1, 12)])
        with self.refused("InvalidParameterException", "ClientException"):
            self.ecs.list_task_definitions(maxResults=101)


class EcsServices(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ecs.create_cluster(clusterName="main")
        cls.ecs.register_task_definition(**definition("web"))

    def create(self, name, count=0, **more):
        arguments = {"cluster": "main", "serviceName": name, "taskDefinition": "web:1", "desiredCount": count} | more
        return self.ecs.create_service(**arguments)["service"]

    def describe(self, *names, **more):
        return self.ecs.describe_services(cluster="main", services=list(names), **more)

    def test_a_service_runs_and_is_described(self):
        made = self.create("runs", 2, tags=[{"key": "a", "value": "b"}])
        self.assertEqual(made["taskDefinition"], f"{ARN}:task-definition/web:1")
        self.eventually(lambda: self.describe("runs")["services"][0]["runningCount"] == 2)
        [service] = self.describe("runs", include=["TAGS"])["services"]
        self.assertEqual((service["status"], service["desiredCount"], service["tags"]), ("ACTIVE", 2, [{"key": "a", "value": "b"}]))
        [deployment] = service["deployments"]
        self.assertEqual((deployment["status"], deployment["taskDefinition"]), ("PRIMARY", made["taskDefinition"]))
        tasks = self.ecs.list_tasks(cluster="main", serviceName="runs")["taskArns"]
        self.assertEqual(len(tasks), 2)
        self.assertIn(made["serviceArn"], self.ecs.list_services(cluster="main", maxResults=100)["serviceArns"])
        self.assertEqual(self.ecs.list_services_by_namespace(namespace="none")["serviceArns"], [])

    def test_a_service_with_tasks_is_not_deleted(self):
        self.create("busy", 1)
        with self.refused("InvalidParameterException"):
            self.ecs.delete_service(cluster="main", service="busy")
        self.ecs.update_service(cluster="main", service="busy", desiredCount=0)
        self.eventually(lambda: self.describe("busy")["services"][0]["runningCount"] == 0)
        gone = self.ecs.delete_service(cluster="main", service="busy")["service"]
        self.assertIn(gone["status"], {"DRAINING", "INACTIVE"})
        self.assertNotIn(gone["serviceArn"], self.ecs.list_services(cluster="main", maxResults=100)["serviceArns"])
        self.assertIn(self.describe("busy")["services"][0]["status"], {"DRAINING", "INACTIVE"})

    def test_missing_ones_are_named_one_by_one(self):
        self.create("there")
        answer = self.describe("there", "absent")
        self.assertEqual([service["serviceName"] for service in answer["services"]], ["there"])
        self.assertEqual([failure["reason"] for failure in answer["failures"]], ["MISSING"])

    def test_refusals(self):
        with self.refused("InvalidParameterException"):
            self.describe(*[f"s{n}" for n in range(11)])
        for call in [self.ecs.delete_service, self.ecs.update_service]:
            with self.refused("ServiceNotFoundException"):
                call(cluster="main", service="absent")
        with self.refused("ClusterNotFoundException"):
            self.ecs.delete_service(cluster="absent", service="web")
        self.create("twice")
        with self.refused("InvalidParameterException"):
            self.create("twice")
        with self.refused("InvalidParameterException", "ClientException"):
            self.create("nothing-to-run", taskDefinition="unheard-of:1")

    def test_a_definition_in_use_is_deregistered_without_a_word(self):
        self.ecs.register_task_definition(**definition("held"))
        self.create("holder", 1, taskDefinition="held:1")
        self.assertEqual(self.ecs.deregister_task_definition(taskDefinition="held:1")["taskDefinition"]["status"], "INACTIVE")
        answer = self.ecs.delete_task_definitions(taskDefinitions=["held:1"])
        self.assertEqual(answer["failures"], [])
        listed = self.ecs.list_task_definitions(familyPrefix="held", status="DELETE_IN_PROGRESS")["taskDefinitionArns"]
        self.assertEqual(listed, [f"{ARN}:task-definition/held:1"], "it waits for the service")

    def test_tags_come_and_go(self):
        arn = self.create("tagged")["serviceArn"]
        self.ecs.tag_resource(resourceArn=arn, tags=[{"key": "k", "value": "v"}, {"key": "l", "value": "w"}])
        self.ecs.untag_resource(resourceArn=arn, tagKeys=["l"])
        self.assertEqual(self.ecs.list_tags_for_resource(resourceArn=arn)["tags"], [{"key": "k", "value": "v"}])
        with self.refused("InvalidParameterException", "ServiceNotFoundException", "ResourceNotFoundException"):
            self.ecs.list_tags_for_resource(resourceArn=f"{ARN}:service/main/absent")


class EcsTasks(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ecs.create_cluster(clusterName="main")
        cls.ecs.register_task_definition(**definition("job"))

    def test_a_task_from_run_to_stopped(self):
        answer = self.ecs.run_task(cluster="main", taskDefinition="job:1", startedBy="me", count=1)
        [task] = answer["tasks"]
        self.assertEqual(answer["failures"], [])
        arn = task["taskArn"]
        self.eventually(lambda: self.describe(arn)["lastStatus"] == "RUNNING")
        for filter in [{}, {"family": "job"}, {"startedBy": "me"}, {"desiredStatus": "RUNNING"}]:
            self.assertEqual(self.ecs.list_tasks(cluster="main", **filter)["taskArns"], [arn], filter)
        self.assertEqual(self.ecs.list_tasks(cluster="main", desiredStatus="PENDING")["taskArns"], [])
        self.assertEqual(self.ecs.stop_task(cluster="main", task=arn)["task"]["desiredStatus"], "STOPPED")
        self.eventually(lambda: self.describe(arn)["lastStatus"] == "STOPPED")
        self.assertEqual(self.ecs.list_tasks(cluster="main")["taskArns"], [])
        self.assertEqual(self.ecs.list_tasks(cluster="main", desiredStatus="STOPPED")["taskArns"], [arn])

    def describe(self, arn):
        return self.ecs.describe_tasks(cluster="main", tasks=[arn])["tasks"][0]

    def test_missing_ones_are_named_one_by_one(self):
        answer = self.ecs.describe_tasks(cluster="main", tasks=["0123456789abcdef0123456789abcdef"])
        self.assertEqual((answer["tasks"], answer["failures"][0]["reason"]), ([], "MISSING"))

    def test_refusals(self):
        for tasks in [[], [f"{n:032x}" for n in range(101)]]:
            with self.refused("InvalidParameterException"):
                self.ecs.describe_tasks(cluster="main", tasks=tasks)
        with self.refused("InvalidParameterException", "ClientException"):
            self.ecs.run_task(cluster="main", taskDefinition="unheard-of:1")
        with self.refused("InvalidParameterException"):
            self.ecs.stop_task(cluster="main", task="0123456789abcdef0123456789abcdef")


class EcsTaskSets(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ecs.create_cluster(clusterName="main")
        cls.ecs.register_task_definition(**definition("shop"))

    def service(self, name, count=2):
        self.ecs.create_service(cluster="main", serviceName=name, desiredCount=count, deploymentController={"type": "EXTERNAL"})
        return {"cluster": "main", "service": name}

    def create(self, where, percent):
        scale = {"value": percent, "unit": "PERCENT"}
        return self.ecs.create_task_set(**where, taskDefinition="shop:1", externalId="v1", scale=scale)["taskSet"]["id"]

    def describe(self, where, *ids):
        return self.ecs.describe_task_sets(**where, taskSets=list(ids), include=["TAGS"])

    def test_a_task_set_from_creation_to_gone(self):
        where = self.service("whole")
        first, second = self.create(where, 100), self.create(where, 50)
        made = self.ecs.update_service_primary_task_set(**where, primaryTaskSet=first)["taskSet"]
        self.assertEqual(made["status"], "PRIMARY")
        sets = {s["id"]: s for s in self.describe(where, first, second)["taskSets"]}
        self.assertEqual({id: s["status"] for id, s in sets.items()}, {first: "PRIMARY", second: "ACTIVE"})
        self.assertEqual(sets[second]["computedDesiredCount"], 1, "half of two")
        with self.refused("InvalidParameterException"):
            self.ecs.delete_task_set(**where, taskSet=first)
        with self.refused("InvalidParameterException"):
            self.ecs.delete_task_set(**where, taskSet=second)
        scaled = self.ecs.update_task_set(**where, taskSet=second, scale={"value": 0, "unit": "PERCENT"})["taskSet"]
        self.assertEqual(scaled["computedDesiredCount"], 0)
        self.eventually(lambda: self.describe(where, second)["taskSets"][0]["runningCount"] == 0)
        self.assertEqual(self.ecs.delete_task_set(**where, taskSet=second)["taskSet"]["status"], "DRAINING")
        listed = lambda: [s["id"] for s in self.ecs.describe_services(**{"cluster": "main", "services": ["whole"]})["services"][0]["taskSets"]]
        self.eventually(lambda: listed() == [first])
        with self.refused("TaskSetNotFoundException"):
            self.ecs.delete_task_set(**where, taskSet=second)

    def test_a_percentage_is_rounded_up(self):
        where = self.service("rounded", 3)
        [task_set] = self.describe(where, self.create(where, 50))["taskSets"]
        self.assertEqual(task_set["computedDesiredCount"], 2)

    def test_missing_ones_and_refusals(self):
        where = self.service("lonely")
        answer = self.describe(where, "ecs-svc/1")
        self.assertEqual((answer["taskSets"], answer["failures"][0]["reason"]), ([], "MISSING"))
        with self.refused("InvalidParameterException", saying="TaskSets cannot be empty"):
            self.ecs.describe_task_sets(**where)
        with self.refused("TaskSetNotFoundException"):
            self.ecs.update_task_set(**where, taskSet="ecs-svc/1", scale={"value": 0, "unit": "PERCENT"})
        with self.refused("ServiceNotFoundException"):
            self.ecs.delete_task_set(cluster="main", service="absent", taskSet="ecs-svc/1")
        with self.refused("ClusterNotFoundException"):
            self.ecs.delete_task_set(cluster="absent", service="lonely", taskSet="ecs-svc/1")
        with self.refused("InvalidParameterException"):
            self.ecs.update_task_set(**where, taskSet=self.create(where, 100), scale={"value": 101, "unit": "PERCENT"})
