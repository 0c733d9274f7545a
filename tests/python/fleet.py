"""A fleet in moto's server: three scopes in two accounts, reached through AssumeRole, with what must stay and what must go."""

import hashlib
import json
import subprocess
import sys
import urllib.request

import boto3
from botocore.config import Config

A, B = "111111111111", "222222222222"
REGION, OTHER_REGION = "eu-central-1", "us-east-1"
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

SERVE = """
import signal
from moto.moto_server.threaded_moto_server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
signal.pause()
"""


class Moto:
    """moto's server on a free port, ended by its process id; `log` gets a line for each request and every traceback."""

    def __init__(self, log):
        command = [sys.executable, "-c", SERVE]
        with open(log, "w") as stderr:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, text=True)
        port = self._process.stdout.readline().strip()
        if not port:
            raise RuntimeError(f"moto's server did not start; see {log}")
        self.url = f"http://127.0.0.1:{port}"
        # Without this every DescribeTasks moves a task one step towards STOPPED.
        self.freeze("ecs::task")

    def freeze(self, model):
        body = {"model_name": model, "transition": {"progression": "manual", "times": 1000}}
        request = urllib.request.Request(f"{self.url}/moto-api/state-manager/set-transition", json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        urllib.request.urlopen(request, timeout=30).close()

    def close(self):
        self._process.terminate()
        self._process.wait(30)

    def client(self, service, keys, region):
        return boto3.client(
            service, endpoint_url=self.url, region_name=region, aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"], aws_session_token=keys.get("SessionToken"),
            config=Config(retries={"total_max_attempts": 2}))

    def scope(self, account, region):
        own = {"AccessKeyId": "test", "SecretAccessKey": "test"}
        role = f"arn:aws:iam::{account}:role/jettison"
        keys = self.client("sts", own, region).assume_role(RoleArn=role, RoleSessionName="seed")["Credentials"]
        return Scope(account, region, lambda service: self.client(service, keys, region))


def digest_of(text):
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


class Scope:
    """One account and Region, and verbs to fill it and to read it back."""

    def __init__(self, account, region, client):
        self.account, self.region, self.client = account, region, client
        self.ecs, self.ecr, self.ec2 = (client(service) for service in ["ecs", "ecr", "ec2"])

    def uri(self, repository, tag=None, digest=None):
        host = f"{self.account}.dkr.ecr.{self.region}.amazonaws.com"
        return f"{host}/{repository}" + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")

    def repository(self, name, opted_in=True):
        tags = [{"Key": "jettison", "Value": "enabled"}] if opted_in else []
        self.ecr.create_repository(repositoryName=name, tags=tags)

    def image(self, repository, name, *tags, children=()):
        """Puts an image whose digests come from its name, or an index over `children`; returns its digest.

        moto hashes layers instead of manifests, and gives an index a digest out of a hundred: so it is told the digest.
        """
        layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": digest_of(f"{repository} {name}"), "size": 7}
        config = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest_of(f"{name} config"), "size": 60_000_000}
        body = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]}
        if children:
            body = {"schemaVersion": 2, "mediaType": INDEX, "annotations": {"name": name},
                    "manifests": [{"mediaType": MANIFEST, "digest": child, "size": 7} for child in children]}
        text = json.dumps(body)
        for tag in tags or [None]:
            self.ecr.put_image(
                repositoryName=repository, imageManifest=text, imageManifestMediaType=body["mediaType"],
                imageDigest=digest_of(text), **({"imageTag": tag} if tag else {}))
        return digest_of(text)

    def cluster(self, name):
        self.ecs.create_cluster(clusterName=name)

    def revision(self, family, *images, active=True):
        """Registers a revision with one container for each image; returns its ARN."""
        containers = [{"name": f"c{at}", "image": image, "memory": 64} for at, image in enumerate(images)]
        made = self.ecs.register_task_definition(
            family=family, containerDefinitions=containers, networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="256", memory="512")
        arn = made["taskDefinition"]["taskDefinitionArn"]
        if not active:
            self.ecs.deregister_task_definition(taskDefinition=arn)
        return arn

    def service(self, cluster, name, definition, count):
        self.ecs.create_service(cluster=cluster, serviceName=name, taskDefinition=definition, desiredCount=count)

    def network(self):
        subnet = self.ec2.describe_subnets()["Subnets"][0]["SubnetId"]
        group = self.ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
        return {"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [group]}}

    def task(self, cluster, definition):
        self.ecs.run_task(cluster=cluster, taskDefinition=definition, launchType="FARGATE", networkConfiguration=self.network())

    # --- reading back

    def images(self, repository):
        """Tags by digest."""
        details = self.ecr.describe_images(repositoryName=repository)["imageDetails"]
        return {image["imageDigest"]: sorted(image.get("imageTags", [])) for image in details}

    def revisions(self, family):
        """Status by revision."""
        found = {}
        for status in ["ACTIVE", "INACTIVE"]:
            for arn in self.ecs.list_task_definitions(familyPrefix=family, status=status)["taskDefinitionArns"]:
                found[int(arn.rpartition(":")[2])] = status
        return found

    def service_status(self, cluster, name):
        return self.ecs.describe_services(cluster=cluster, services=[name])["services"][0]["status"]

    def task_sets(self, cluster, service):
        """Status and scale by external id."""
        found = self.ecs.describe_task_sets(cluster=cluster, service=service)["taskSets"]
        return {task_set["externalId"]: (task_set["status"], task_set["scale"]["value"]) for task_set in found}
