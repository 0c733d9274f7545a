"""The AWS CLI, over every operation it and the simulated AWS share."""

import json
import os
import subprocess
import sys

from sim.case import Case
from sim.ecr_cases import INDEX, MANIFEST, digest_of, index, manifest
from sim.server import REGION


class CommandLine(Case):
    def aws(self, *arguments):
        """Runs one command and returns what it printed as JSON."""
        done = self.run_aws(*arguments)
        self.assertEqual(done.returncode, 0, f"{' '.join(arguments)}\n{done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def fails(self, code, *arguments):
        done = self.run_aws(*arguments)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertIn(f"({code})", done.stderr)

    def run_aws(self, *arguments):
        environment = {
            "PATH": os.environ["PATH"], "HOME": self.folder.name, "AWS_ACCESS_KEY_ID": "AKIDSYNTHETIC",
            "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": self.proxy.url,
            "AWS_MAX_ATTEMPTS": "1", "AWS_PAGER": "", "AWS_DEFAULT_OUTPUT": "json",
        }
        command = [sys.executable, "-m", "awscli", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)


class Cli(CommandLine):
    def test_ecs(self):
        containers = json.dumps([{"name": "app", "image": "nginx:1", "memory": 128}])
        self.aws("ecs", "create-cluster", "--cluster-name", "main")
        for _ in range(2):
            made = self.aws("ecs", "register-task-definition", "--family", "web", "--container-definitions", containers)
        self.assertEqual(made["taskDefinition"]["revision"], 2)
        arn = self.aws("ecs", "list-clusters")["clusterArns"][0]
        self.assertEqual(self.aws("ecs", "describe-clusters", "--clusters", arn)["clusters"][0]["clusterName"], "main")
        self.assertEqual(self.aws("ecs", "list-task-definition-families")["families"], ["web"])
        self.assertEqual(len(self.aws("ecs", "list-task-definitions", "--sort", "DESC")["taskDefinitionArns"]), 2)
        found = self.aws("ecs", "describe-task-definition", "--task-definition", "web", "--include", "TAGS")
        self.assertEqual(found["taskDefinition"]["revision"], 2)

        self.aws("ecs", "create-service", "--cluster", "main", "--service-name", "web", "--task-definition", "web:2", "--desired-count", "1")
        self.aws("ecs", "update-service", "--cluster", "main", "--service", "web", "--desired-count", "0")
        [service] = self.aws("ecs", "list-services", "--cluster", "main")["serviceArns"]
        self.assertEqual(self.aws("ecs", "list-services-by-namespace", "--namespace", "none")["serviceArns"], [])
        self.aws("ecs", "describe-services", "--cluster", "main", "--services", service, "--include", "TAGS")
        self.aws("ecs", "tag-resource", "--resource-arn", service, "--tags", "key=a,value=b")
        self.assertEqual(self.aws("ecs", "list-tags-for-resource", "--resource-arn", service)["tags"], [{"key": "a", "value": "b"}])
        self.aws("ecs", "untag-resource", "--resource-arn", service, "--tag-keys", "a")
        self.eventually(lambda: self.aws("ecs", "describe-services", "--cluster", "main", "--services", service)["services"][0]["runningCount"] == 0)
        self.aws("ecs", "delete-service", "--cluster", "main", "--service", "web")
        self.fails("ServiceNotFoundException", "ecs", "delete-service", "--cluster", "main", "--service", "absent")

        task = self.aws("ecs", "run-task", "--cluster", "main", "--task-definition", "web:2")["tasks"][0]["taskArn"]
        self.assertEqual(self.aws("ecs", "list-tasks", "--cluster", "main", "--family", "web")["taskArns"], [task])
        self.aws("ecs", "describe-tasks", "--cluster", "main", "--tasks", task)
        self.aws("ecs", "stop-task", "--cluster", "main", "--task", task)

        self.aws("ecs", "deregister-task-definition", "--task-definition", "web:1")
        answer = self.aws("ecs", "delete-task-definitions", "--task-definitions", "web:1", "web:2")
        self.assertEqual((len(answer["taskDefinitions"]), len(answer["failures"])), (1, 1))

    def test_task_sets(self):
        containers = json.dumps([{"name": "app", "image": "nginx:1", "memory": 128}])
        self.aws("ecs", "create-cluster", "--cluster-name", "main")
        self.aws("ecs", "register-task-definition", "--family", "shop", "--container-definitions", containers)
        self.aws("ecs", "create-service", "--cluster", "main", "--service-name", "shop", "--desired-count", "2", "--deployment-controller", "type=EXTERNAL")
        where = ["--cluster", "main", "--service", "shop"]
        create = ["ecs", "create-task-set", *where, "--task-definition", "shop:1", "--scale", "value=100,unit=PERCENT"]
        first, second = (self.aws(*create)["taskSet"]["id"] for _ in range(2))
        self.aws("ecs", "update-service-primary-task-set", *where, "--primary-task-set", first)
        found = self.aws("ecs", "describe-task-sets", *where, "--task-sets", first, second)["taskSets"]
        self.assertEqual({s["id"]: s["status"] for s in found}, {first: "PRIMARY", second: "ACTIVE"})
        self.fails("InvalidParameterException", "ecs", "delete-task-set", *where, "--task-set", first)
        self.aws("ecs", "update-task-set", *where, "--task-set", second, "--scale", "value=0,unit=PERCENT")

        def is_empty():
            found = self.aws("ecs", "describe-task-sets", *where, "--task-sets", second)["taskSets"][0]
            return found["runningCount"] + found["pendingCount"] == 0

        self.eventually(is_empty)
        self.aws("ecs", "delete-task-set", *where, "--task-set", second)

    def test_ecr(self):
        arn = self.aws("ecr", "create-repository", "--repository-name", "web")["repository"]["repositoryArn"]
        self.aws("ecr", "tag-resource", "--resource-arn", arn, "--tags", "Key=jettison,Value=enabled")
        self.assertEqual(self.aws("ecr", "list-tags-for-resource", "--resource-arn", arn)["tags"][0]["Value"], "enabled")
        self.aws("ecr", "untag-resource", "--resource-arn", arn, "--tag-keys", "jettison")
        self.assertEqual(len(self.aws("ecr", "describe-repositories")["repositories"]), 1)
        put = ["ecr", "put-image", "--repository-name", "web", "--image-manifest"]
        child, top = manifest("child"), index(manifest("child"))
        self.aws(*put, child)
        self.aws(*put, top, "--image-tag", "latest")
        self.assertEqual(len(self.aws("ecr", "list-images", "--repository-name", "web")["imageIds"]), 2)
        self.assertEqual(len(self.aws("ecr", "describe-images", "--repository-name", "web")["imageDetails"]), 2)
        of = lambda text: f"imageDigest={digest_of(text)}"
        answer = self.aws("ecr", "batch-get-image", "--repository-name", "web", "--image-ids", of(top), "--accepted-media-types", INDEX, MANIFEST)
        self.assertEqual(answer["images"][0]["imageManifest"], top)
        referrers = self.aws("ecr", "list-image-referrers", "--repository-name", "web", "--subject-id", of(top))
        self.assertEqual(referrers["referrers"], [])
        delete = ["ecr", "batch-delete-image", "--repository-name", "web", "--image-ids"]
        refused = self.aws(*delete, of(child))["failures"]
        self.assertEqual(refused[0]["failureCode"], "ImageReferencedByManifestList")
        archive = ["ecr", "update-image-storage-class", "--repository-name", "web", "--target-storage-class", "ARCHIVE"]
        self.assertEqual(self.aws(*archive, "--image-id", of(top))["imageStatus"], "ARCHIVED")
        self.aws(*delete, of(top))
        self.assertEqual(self.aws(*delete, of(child))["failures"], [])
        self.fails("ImageNotFoundException", "ecr", "describe-images", "--repository-name", "web", "--image-ids", of(child))
        self.aws("ecr", "delete-repository", "--repository-name", "web")

    def test_ecr_settings(self):
        self.aws("ecr", "create-repository", "--repository-name", "ruled")
        where = ["--repository-name", "ruled"]
        self.fails("RepositoryPolicyNotFoundException", "ecr", "get-repository-policy", *where)
        self.aws("ecr", "set-repository-policy", *where, "--policy-text", "{}")
        self.assertEqual(self.aws("ecr", "get-repository-policy", *where)["policyText"], "{}")
        selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 10}
        rules = json.dumps({"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]})
        self.aws("ecr", "put-lifecycle-policy", *where, "--lifecycle-policy-text", rules)
        self.assertEqual(self.aws("ecr", "get-lifecycle-policy", *where)["lifecyclePolicyText"], rules)
        rule = {"destinations": [{"region": "us-east-1", "registryId": "000000000000"}]}
        self.aws("ecr", "put-replication-configuration", "--replication-configuration", json.dumps({"rules": [rule]}))
        self.assertEqual(self.aws("ecr", "describe-registry")["replicationConfiguration"]["rules"], [rule])
        self.assertEqual(self.aws("ecr", "describe-pull-through-cache-rules")["pullThroughCacheRules"], [])

    def test_sts(self):
        self.assertEqual(self.aws("sts", "get-caller-identity")["Account"], "000000000000")
        role = "arn:aws:iam::000000000000:role/jettison"
        self.assertIn("Credentials", self.aws("sts", "assume-role", "--role-arn", role, "--role-session-name", "session"))
