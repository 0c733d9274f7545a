#!/usr/bin/env python3
"""Makes world.ndjson, the simulated AWS account of the quickstart.

    python3 examples/quickstart/make_world.py            # writes world.ndjson beside this file
    python3 examples/quickstart/make_world.py --check    # says whether world.ndjson is what this makes

The same bytes every time: what looks random (digests, sizes, findings) is a hash of its name and SEED. Only Python's
standard library is used. All ages are in days before TAKEN_AT, and stay a day or more away from every threshold of
policy.hcl, so that nothing falls due between a first plan and a second.
"""

import hashlib
import json
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

SEED = "jettison quickstart 1"
ACCOUNT = "000000000000"
REGION = "eu-central-1"
TAKEN_AT = datetime(2026, 11, 1, 6, 0, 0, tzinfo=timezone.utc)
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
ECS = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
PIPELINE = f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ci-"

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
ATTESTATION = "application/vnd.in-toto+json"
SIGNATURE = "application/vnd.dev.cosign.artifact.sig.v1+json"
SBOM = "application/spdx+json"


# --- what looks random -------------------------------------------------------------------------------------------

def hexes(name, length=64):
    return hashlib.sha256(f"{SEED}/{name}".encode()).hexdigest()[:length]


def number(name, low, high):
    return low + int(hexes(name, 12), 16) % (high - low + 1)


def ago(days):
    return (TAKEN_AT - timedelta(seconds=round(days * 86_400))).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- the world being made ----------------------------------------------------------------------------------------

class World:
    """Objects by kind, written in the order and with the fields of the inventory format."""

    KINDS = ["ecs.cluster", "ecs.service", "ecs.task", "ecs.task_definition", "ecr.repository", "ecr.image", "ecr.manifest"]

    def __init__(self):
        self.objects = {kind: [] for kind in self.KINDS}

    def add(self, kind, value):
        self.objects[kind].append({name: item for name, item in value.items() if item is not None and item != []})

    def to_bytes(self):
        scopes = [{"account": "demo", "account_id": ACCOUNT, "region": REGION}]
        header = {"kind": "inventory", "format_version": "1.0", "taken_at": ago(0), "scopes": scopes, "trailer": True}
        lines = []
        for kind, values in self.objects.items():
            lines += sorted(dump({"kind": kind, "account_id": ACCOUNT, "region": REGION, "value": value}) for value in values)
        lines.append(dump({"kind": "end", "value": {"lines": len(lines)}}))
        return "".join(line + "\n" for line in [dump(header), *lines]).encode()


def dump(value):
    return json.dumps(value, separators=(",", ":"))


# --- ECR ---------------------------------------------------------------------------------------------------------

def repository(world, name, created, opted_in=True):
    world.add("ecr.repository", {
        "repositoryName": name,
        "repositoryArn": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{name}",
        "createdAt": ago(created),
        "imageTagMutability": "MUTABLE",
        "tags": [{"key": "jettison", "value": "enabled"}] if opted_in else [],
    })


def image(world, repo, label, pushed, tags=(), pulled=None, platforms=(), **more):
    """An image, or with `platforms` an index as buildx pushes it: a manifest and an attestation for each platform.

    `label` names its build in this file and makes its digests. Returns the digest.
    """
    mark = f"{repo}/{label}"
    size = number(f"{mark} size", 40_000_000, 400_000_000)
    if platforms:
        children = []
        for platform in platforms:
            part = number(f"{mark} {platform} size", 40_000_000, 400_000_000)
            size = max(size, part)
            children.append(manifest(world, repo, f"{label} {platform}", pushed, part, pulled=pulled, **more))
            about = f"{label} {platform} attestation"
            children.append(manifest(world, repo, about, pushed, number(f"{about} size", 9_000, 60_000), artifact=ATTESTATION))
        digest = manifest(world, repo, label, pushed, size, tags, pulled, media_type=INDEX)
        world.add("ecr.manifest", {"repositoryName": repo, "imageDigest": digest, "children": children})
        return digest
    return manifest(world, repo, label, pushed, size, tags, pulled, **more)


def manifest(world, repo, label, pushed, size, tags=(), pulled=None, media_type=MANIFEST, artifact=None, subject=None, findings=None):
    digest = f"sha256:{hexes(f'{repo}/{label}')}"
    counts = findings and {"findingSeverityCounts": dict(sorted(findings.items()))}
    world.add("ecr.image", {
        "repositoryName": repo,
        "imageDigest": digest,
        "imageTags": list(tags),
        "imageSizeInBytes": size,
        "imagePushedAt": ago(pushed),
        "imageManifestMediaType": media_type,
        "artifactMediaType": artifact or (CONFIG if media_type == MANIFEST else None),
        "lastRecordedPullTime": None if pulled is None else ago(pulled),
        "subjectManifestDigest": subject,
        "imageScanFindingsSummary": counts,
    })
    return digest


def cosign_signature(world, repo, subject, pushed):
    """The classic form: the subject is in the tag."""
    tag = subject.replace(":", "-") + ".sig"
    manifest(world, repo, tag, pushed, number(f"{repo}/{tag}", 700, 3_000), [tag], artifact=SIGNATURE)


def referrer(world, repo, subject, pushed):
    """The OCI 1.1 form: the subject is in the manifest."""
    label = f"sbom of {subject}"
    manifest(world, repo, label, pushed, number(f"{repo}/{label}", 80_000, 900_000), artifact=SBOM, subject=subject)


def findings(label, critical, high):
    return {"CRITICAL": critical, "HIGH": high, "MEDIUM": number(f"{label} medium", 8, 60), "LOW": number(f"{label} low", 5, 40)}


# --- ECS ---------------------------------------------------------------------------------------------------------

def cluster_arn(name):
    return f"{ECS}:cluster/{name}"


def service_arn(cluster, name):
    return f"{ECS}:service/{cluster}/{name}"


def definition_arn(name):
    return f"{ECS}:task-definition/{name}"


def uri(repo, tag=None, digest=None):
    return f"{REGISTRY}/{repo}" + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")


def cluster(world, name):
    world.add("ecs.cluster", {"clusterArn": cluster_arn(name), "clusterName": name, "status": "ACTIVE"})


def revision(world, name, registered, images, deregistered=None, secrets=()):
    """A revision of a task definition, `FAMILY:REVISION`; `images` by container."""
    family, number_text = name.split(":")
    world.add("ecs.task_definition", {
        "taskDefinitionArn": definition_arn(name),
        "family": family,
        "revision": int(number_text),
        "status": "ACTIVE" if deregistered is None else "INACTIVE",
        "registeredAt": ago(registered),
        "deregisteredAt": None if deregistered is None else ago(deregistered),
        "registeredBy": PIPELINE + family,
        "containerDefinitions": [{"name": container, "image": image} for container, image in images.items()],
        "plaintextSecrets": list(secrets),
    })


def service(world, cluster, name, count, created, last_event, definition=None, deployed=None, task_sets=()):
    deployment = definition and {
        "id": f"ecs-svc/{number(f'{name} deployment', 10**18, 9 * 10**18)}",
        "status": "PRIMARY",
        "taskDefinition": definition_arn(definition),
        "desiredCount": count,
        "runningCount": count,
        "pendingCount": 0,
        "rolloutState": "COMPLETED",
        "createdAt": ago(deployed),
        "updatedAt": ago(deployed - 0.01),
    }
    event = hexes(f"{name} event", 32)
    world.add("ecs.service", {
        "serviceArn": service_arn(cluster, name),
        "serviceName": name,
        "clusterArn": cluster_arn(cluster),
        "status": "ACTIVE",
        "desiredCount": count,
        "runningCount": count + sum(task_set["runningCount"] for task_set in task_sets if task_set["status"] != "PRIMARY"),
        "pendingCount": 0,
        "taskDefinition": definition and definition_arn(definition),
        "deployments": [deployment] if deployment else [],
        "taskSets": list(task_sets),
        "deploymentController": {"type": "EXTERNAL" if task_sets else "ECS"},
        "schedulingStrategy": "REPLICA",
        "createdAt": ago(created),
        "events": [{
            "id": f"{event[:8]}-{event[8:12]}-{event[12:16]}-{event[16:20]}-{event[20:]}",
            "createdAt": ago(last_event),
            "message": f"(service {name}) has reached a steady state.",
        }],
    })


def task_set(cluster, service, number_of, status, definition, scale, running, created):
    task_set_id = f"ecs-svc/{number(f'{service} task set {number_of}', 10**18, 9 * 10**18)}"
    return {
        "id": task_set_id,
        "taskSetArn": f"{ECS}:task-set/{cluster}/{service}/{task_set_id}",
        "serviceArn": service_arn(cluster, service),
        "clusterArn": cluster_arn(cluster),
        "status": status,
        "taskDefinition": definition_arn(definition),
        "scale": {"value": float(scale), "unit": "PERCENT"},
        "computedDesiredCount": running,
        "runningCount": running,
        "pendingCount": 0,
        "stabilityStatus": "STEADY_STATE",
        "externalId": f"release-{number_of}",
        "createdAt": ago(created),
        "updatedAt": ago(created - 0.02),
    }


def task(world, cluster, name, definition, group, images, created, started_by=None, stopped=None):
    """A task; `images` by container as (URI, digest). With `stopped`, in days, it ended a little while ago."""
    world.add("ecs.task", {
        "taskArn": f"{ECS}:task/{cluster}/{hexes(f'task {name}', 32)}",
        "clusterArn": cluster_arn(cluster),
        "taskDefinitionArn": definition_arn(definition),
        "lastStatus": "RUNNING" if stopped is None else "STOPPED",
        "desiredStatus": "RUNNING" if stopped is None else "STOPPED",
        "group": group,
        "startedBy": started_by,
        "createdAt": ago(created),
        "stoppedAt": None if stopped is None else ago(stopped),
        "containers": [{"name": container, "image": image, "imageDigest": digest} for container, (image, digest) in images.items()],
    })


# --- the story ---------------------------------------------------------------------------------------------------

def web(world):
    """The tag `stable` was moved after the last deployment: what runs is untagged, and nothing but tasks pins it."""
    repo = "team/web"
    repository(world, repo, 420)
    both = ("linux/amd64", "linux/arm64")
    image(world, repo, "build-101", 400, ["build-101"], 305, ["linux/amd64"], findings=findings("web 101", 4, 21))
    old = image(world, repo, "build-117", 301, ["build-117"], 142, both, findings=findings("web 117", 2, 17))
    cosign_signature(world, repo, old, 301)
    image(world, repo, "build-120", 290, ["build-120", "incident-4711"], 262, findings=findings("web 120", 1, 9))
    image(world, repo, "build-133", 225, ["build-133"], 188, findings=findings("web 133", 1, 6))
    image(world, repo, "build-140", 192, ["build-140"], 172, findings=findings("web 140", 0, 5))
    release = image(world, repo, "release-2026.05", 170, ["release-2026.05"], 2, both)
    cosign_signature(world, repo, release, 170)
    image(world, repo, "build-149", 150, ["build-149"], 130)
    running = image(world, repo, "the stable of then", 129, [], 96, both)
    image(world, repo, "an abandoned build", 118, [], None)
    image(world, repo, "the stable of now", 97, ["stable", "build-170"], None)
    for build, pushed in [(172, 82), (173, 61), (174, 33), (175, 19), (176, 3)]:
        image(world, repo, f"build-{build}", pushed, [f"build-{build}"], None)

    revisions = [
        (1, 400, "build-101", 300), (2, 372, "build-101", 300), (3, 340, "build-117", 210), (4, 301, "build-117", 145),
        (5, 262, "build-120", 40), (6, 225, "build-133", None), (7, 208, "build-133", None), (8, 192, "build-140", None),
        (9, 180, "build-140", None), (10, 169, "release-2026.05", None), (11, 149, "build-149", None), (12, 128, "stable", None),
    ]
    for number_of, registered, tag, deregistered in revisions:
        revision(world, f"web:{number_of}", registered, {"web": uri(repo, tag)}, deregistered)
    service(world, "main", "web", 3, 410, 0.3, "web:12", 128)
    for name in ["web 1", "web 2", "web 3"]:
        pinned = {"web": (uri(repo, "stable"), running)}
        task(world, "main", name, "web:12", "service:web", pinned, 97, f"ecs-svc/{number('web deployment', 10**18, 9 * 10**18)}")
    return release


def migrate(world, release):
    """Runs the image of another family: `release-2026.05` belongs to web and to migrate."""
    shared = uri("team/web", "release-2026.05")
    revision(world, "migrate:1", 301, {"migrate": uri("team/web", "build-117")}, 150)
    revision(world, "migrate:2", 168, {"migrate": shared})
    revision(world, "migrate:3", 120, {"migrate": shared})
    task(world, "batch", "migrate", "migrate:3", "family:migrate", {"migrate": (shared, release)}, 0.05, "nightly", stopped=0.02)


def checkout(world):
    """Under the EXTERNAL controller: the new task set is PRIMARY, the one before still runs, an older one has no tasks."""
    repo = "team/checkout"
    repository(world, repo, 390)
    digests = {}
    pushes = [("2c41f0e", 380, 320), ("71b09da", 330, 300), ("a83e55c", 297, 240), ("b6d2117", 242, 200), ("c09f4e8", 201, 160),
              ("d17a3b2", 160, 46), ("e5520fa", 45, 21), ("f0c8d64", 20, 0.5), ("0a9e71b", 3, 0.4)]
    for commit, pushed, pulled in pushes:
        risk = findings(f"checkout {commit}", 2, 11) if pushed > 200 else None
        digests[commit] = image(world, repo, commit, pushed, [commit], pulled, findings=risk)
    referrer(world, repo, digests["a83e55c"], 297)
    referrer(world, repo, digests["0a9e71b"], 3)
    image(world, repo, "a retagged build", 275, [], None, findings=findings("checkout retagged", 3, 14))
    gone = {"2c41f0e": 310, "71b09da": 290, "a83e55c": 190}
    for number_of, (commit, pushed, _) in enumerate(pushes, start=1):
        revision(world, f"checkout:{number_of}", pushed - 0.1, {"app": uri(repo, commit)}, gone.get(commit))
    task_sets = [
        task_set("main", "checkout", 9, "PRIMARY", "checkout:9", 100, 4, 2.5),
        task_set("main", "checkout", 8, "ACTIVE", "checkout:8", 50, 2, 19.5),
        task_set("main", "checkout", 7, "ACTIVE", "checkout:7", 0, 0, 44.5),
    ]
    service(world, "main", "checkout", 4, 380, 0.4, task_sets=task_sets)
    for task_of, count, commit in [(task_sets[0], 4, "0a9e71b"), (task_sets[1], 2, "f0c8d64")]:
        for number_of in range(1, count + 1):
            definition = task_of["taskDefinition"].rsplit("/", 1)[1]
            runs = {"app": (uri(repo, commit), digests[commit])}
            task(world, "main", f"{task_of['id']} {number_of}", definition, "service:checkout", runs, 2, task_of["id"])


def reports(world):
    """Scaled to zero and forgotten."""
    repo = "team/reports"
    repository(world, repo, 360)
    for number_of, pushed in enumerate([355, 320, 280, 245, 214, 205], start=1):
        image(world, repo, f"v{number_of}", pushed, [f"v{number_of}"], pushed - 34, findings=findings(f"reports v{number_of}", 1, 4))
        revision(world, f"reports:{number_of}", pushed - 1, {"reports": uri(repo, f"v{number_of}")}, {1: 260, 2: 220}.get(number_of))
    service(world, "main", "reports", 0, 350, 95, "reports:6", 171)


def worker(world):
    """A task started by hand still runs a digest that no tag and no definition names any more."""
    repo = "team/worker"
    repository(world, repo, 400)
    builds = [(1, 395, 350), (2, 351, 300), (3, 310, 262), (4, 262, 215), (5, 215, 180), (6, 181, 140), (7, 141, 8), (8, 32, 0.5)]
    digests = {}
    for build, pushed, pulled in builds:
        risk = findings(f"worker {build}", 1, 7) if pushed > 150 else None
        digests[build] = image(world, repo, f"b{build}", pushed, [f"b{build}"], pulled, findings=risk)
    by_hand = image(world, repo, "the edge of then", 136, [], 134)
    image(world, repo, "the edge of now", 24, ["edge"], None)
    gone = {1: 280, 2: 250, 3: 33}
    for build, pushed, _ in builds:
        pinned = uri(repo, "edge") if build == 4 else uri(repo, f"b{build}", digests[build] if build >= 7 else None)
        secrets = ["DB_PASSWORD", "SMTP_TOKEN"] if build == 5 else []
        revision(world, f"worker:{build}", pushed - 0.5, {"worker": pinned}, gone.get(build), secrets)
    service(world, "batch", "worker", 2, 390, 0.2, "worker:8", 31)
    for name in ["worker 1", "worker 2"]:
        task(world, "batch", name, "worker:8", "service:worker", {"worker": (uri(repo, "b8", digests[8]), digests[8])}, 12,
             f"ecs-svc/{number('worker deployment', 10**18, 9 * 10**18)}")
    task(world, "batch", "by hand", "worker:4", "family:worker", {"worker": (uri(repo, "edge"), by_hand)}, 134, "alice")


def cron(world):
    """Its repository never opted in: old images stay, whatever the rules say."""
    repo = "legacy/cron"
    repository(world, repo, 415, opted_in=False)
    for build, pushed in [(1, 410), (2, 330), (3, 250), (4, 170)]:
        tags = ["latest"] if build == 4 else []
        digest = image(world, repo, f"cron {build}", pushed, tags, pushed - 40 if build < 4 else 0.6, findings=findings(f"cron {build}", 5, 12))
    revision(world, "cron:1", 330, {"cron": uri(repo, "latest")}, 175)
    revision(world, "cron:2", 169, {"cron": uri(repo)})
    task(world, "batch", "cron", "cron:2", "family:cron", {"cron": (uri(repo), digest)}, 0.03, "events-rule", stopped=0.01)


def make():
    world = World()
    cluster(world, "main")
    cluster(world, "batch")
    release = web(world)
    migrate(world, release)
    checkout(world)
    reports(world)
    worker(world)
    cron(world)
    return world.to_bytes()


def main(arguments):
    path = Path(__file__).parent / "world.ndjson"
    made = make()
    if arguments == ["--check"]:
        same = path.read_bytes() == made
        print(f"{path} is {'' if same else 'not '}what {Path(__file__).name} makes")
        return 0 if same else 1
    if arguments:
        print(__doc__, file=sys.stderr)
        return 64
    path.write_bytes(made)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
