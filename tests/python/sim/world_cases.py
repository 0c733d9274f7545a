"""A whole world served: everything in the file comes back over the wire, and a saved world is served again."""

import json
from pathlib import Path

from sim.case import JETTISON, Case, definition
from sim.proxy import Proxy
from sim.server import Server

QUICKSTART = Path(__file__).resolve().parents[3] / "examples" / "quickstart" / "world.ndjson"


class Quickstart(Case):
    world_file = QUICKSTART

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.values = {}
        for line in QUICKSTART.read_text().splitlines()[1:-1]:
            record = json.loads(line)
            cls.values.setdefault(record["kind"], []).append(record["value"])

    def test_every_definition_is_described(self):
        found = []
        for status in ["ACTIVE", "INACTIVE"]:
            for arn in self.ecs.list_task_definitions(status=status)["taskDefinitionArns"]:
                answer = self.ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
                found.append((answer["taskDefinition"]["taskDefinitionArn"], answer["taskDefinition"]["status"]))
        wanted = [(value["taskDefinitionArn"], value["status"]) for value in self.values["ecs.task_definition"]]
        self.assertEqual(sorted(found), sorted(wanted))

    def test_every_service_and_task_is_described(self):
        services, tasks = {}, {}
        for cluster in self.ecs.list_clusters()["clusterArns"]:
            names = self.ecs.list_services(cluster=cluster)["serviceArns"]
            for service in self.ecs.describe_services(cluster=cluster, services=names, include=["TAGS"])["services"]:
                services[service["serviceArn"]] = service
                ids = [task_set["id"] for task_set in service.get("taskSets", [])]
                if ids:
                    where = {"cluster": cluster, "service": service["serviceArn"]}
                    self.assertEqual(len(self.ecs.describe_task_sets(**where, taskSets=ids)["taskSets"]), len(ids))
            for wanted in ["RUNNING", "STOPPED"]:
                arns = self.ecs.list_tasks(cluster=cluster, desiredStatus=wanted)["taskArns"]
                for task in self.ecs.describe_tasks(cluster=cluster, tasks=arns, include=["TAGS"])["tasks"] if arns else []:
                    tasks[task["taskArn"]] = {container["name"]: container["imageDigest"] for container in task["containers"]}
        self.assertEqual(set(services), {value["serviceArn"] for value in self.values["ecs.service"]})
        digests = lambda task: {container["name"]: container["imageDigest"] for container in task["containers"]}
        # Under this machine's clock the world's stopped tasks ended long ago, and AWS forgets a task after an hour.
        running = {task["taskArn"]: digests(task) for task in self.values["ecs.task"] if task["desiredStatus"] == "RUNNING"}
        self.assertEqual({arn: tasks.get(arn) for arn in running}, running)

    def test_every_image_and_index_is_read(self):
        images, indexes = {}, {}
        for repository in self.ecr.describe_repositories()["repositories"]:
            name = repository["repositoryName"]
            self.ecr.list_tags_for_resource(resourceArn=repository["repositoryArn"])
            self.ecr.list_images(repositoryName=name)
            for image in self.ecr.describe_images(repositoryName=name)["imageDetails"]:
                images[name, image["imageDigest"]] = image.get("imageTags", [])
                if "index" in image["imageManifestMediaType"]:
                    ids = [{"imageDigest": image["imageDigest"]}]
                    kinds = [image["imageManifestMediaType"]]
                    [index] = self.ecr.batch_get_image(repositoryName=name, imageIds=ids, acceptedMediaTypes=kinds)["images"]
                    children = [child["digest"] for child in json.loads(index["imageManifest"])["manifests"]]
                    indexes[name, image["imageDigest"]] = children
        wanted = {(value["repositoryName"], value["imageDigest"]): value.get("imageTags", []) for value in self.values["ecr.image"]}
        self.assertEqual(images, wanted)
        wanted = {(value["repositoryName"], value["imageDigest"]): value["children"] for value in self.values["ecr.manifest"]}
        self.assertEqual(indexes, wanted)


class Saved(Case):
    def test_a_saved_world_is_served_again(self):
        saved = Path(self.folder.name) / "saved.ndjson"
        first = Server(JETTISON, self.world, "--save", str(saved))
        self.addCleanup(first.close)
        proxy = Proxy(first.url)
        self.addCleanup(proxy.close)
        ecs = self.client("ecs", url=proxy.url)
        ecs.create_cluster(clusterName="main")
        ecs.register_task_definition(**definition("web"))
        ecs.create_service(cluster="main", serviceName="web", taskDefinition="web:1", desiredCount=0)
        first.close()
        self.assertEqual(proxy.take_faults(), [])
        again = Server(JETTISON, saved)
        self.addCleanup(again.close)
        proxy = Proxy(again.url)
        self.addCleanup(proxy.close)
        [service] = self.client("ecs", url=proxy.url).describe_services(cluster="main", services=["web"])["services"]
        self.assertTrue(service["taskDefinition"].endswith("/web:1"))
        self.assertEqual(proxy.take_faults(), [])
