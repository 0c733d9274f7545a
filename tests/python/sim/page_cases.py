"""Pages: their default and largest sizes, tokens, and nothing lost or doubled between them."""

from sim.case import Case
from sim.server import ACCOUNT, REGION

ARN = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
SERVICES, DEFINITIONS, IMAGES, REPOSITORIES, CLUSTERS = 23, 230, 1_100, 130, 120


def many():
    """A world with more of everything than a page holds."""
    for n in range(CLUSTERS):
        yield "ecs.cluster", {"clusterArn": f"{ARN}:cluster/c{n:03}", "clusterName": f"c{n:03}", "status": "ACTIVE"}
    for n in range(1, DEFINITIONS + 1):
        yield "ecs.task_definition", {
            "taskDefinitionArn": f"{ARN}:task-definition/f{n % 115:03}:{n}", "family": f"f{n % 115:03}", "revision": n,
            "status": "ACTIVE", "registeredAt": "2026-10-01T00:00:00Z",
            "containerDefinitions": [{"name": "app", "image": "nginx:1"}]}
    for n in range(SERVICES):
        yield "ecs.service", {
            "serviceArn": f"{ARN}:service/c000/s{n:02}", "serviceName": f"s{n:02}", "clusterArn": f"{ARN}:cluster/c000",
            "status": "ACTIVE", "desiredCount": 0, "taskDefinition": f"{ARN}:task-definition/f001:1",
            "createdAt": "2026-10-01T00:00:00Z"}
    for n in range(REPOSITORIES):
        yield "ecr.repository", {
            "repositoryName": f"r{n:03}", "repositoryArn": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/r{n:03}",
            "createdAt": "2026-10-01T00:00:00Z"}
    for n in range(IMAGES):
        yield "ecr.image", {
            "repositoryName": "r000", "imageDigest": f"sha256:{n:064x}", "imageTags": [f"t{n}"],
            "imageSizeInBytes": 1_000, "imagePushedAt": "2026-10-01T00:00:00Z",
            "imageManifestMediaType": "application/vnd.oci.image.manifest.v1+json"}


class Pages(Case):
    records = tuple(many())

    def pages(self, expected, call, key, **arguments):
        pages = self.collect(call, key, **arguments)
        self.assertEqual([len(page) for page in pages], expected)
        items = [str(item) for page in pages for item in page]
        self.assertEqual(len(set(items)), len(items), "something came twice")

    def test_default_sizes(self):
        self.pages([100, 20], self.ecs.list_clusters, "clusterArns")
        self.pages([10, 10, 3], self.ecs.list_services, "serviceArns", cluster="c000")
        self.pages([100, 100, 30], self.ecs.list_task_definitions, "taskDefinitionArns")
        self.pages([100, 15], self.ecs.list_task_definition_families, "families")
        self.pages([100, 30], self.ecr.describe_repositories, "repositories")
        self.pages([100] * 11, self.ecr.describe_images, "imageDetails", repositoryName="r000")
        self.pages([100] * 11, self.ecr.list_images, "imageIds", repositoryName="r000")

    def test_largest_sizes(self):
        self.pages([23], self.ecs.list_services, "serviceArns", cluster="c000", maxResults=100)
        self.pages([1000, 100], self.ecr.describe_images, "imageDetails", repositoryName="r000", maxResults=1000)
        self.pages([1000, 100], self.ecr.list_images, "imageIds", repositoryName="r000", maxResults=1000)

    def test_botocores_own_paginators_see_everything(self):
        for client, operation, key, count, arguments in [
            (self.ecs, "list_services", "serviceArns", SERVICES, {"cluster": "c000"}),
            (self.ecs, "list_task_definitions", "taskDefinitionArns", DEFINITIONS, {"sort": "DESC"}),
            (self.ecr, "describe_images", "imageDetails", IMAGES, {"repositoryName": "r000"}),
            (self.ecr, "list_images", "imageIds", IMAGES, {"repositoryName": "r000"}),
        ]:
            pages = client.get_paginator(operation).paginate(**arguments)
            self.assertEqual(sum(len(page[key]) for page in pages), count, operation)

    def test_a_token_of_another_list_is_refused(self):
        token = self.ecs.list_clusters()["nextToken"]
        for wrong in ["nonsense", token]:
            with self.refused("InvalidParameterException", "ClientException"):
                self.ecs.list_task_definitions(nextToken=wrong)
        with self.refused("InvalidParameterException"):
            self.ecr.describe_images(repositoryName="r000", nextToken="nonsense")
