#!/usr/bin/env python3
"""Plans and applies a fleet on moto's server, a simulated AWS that nobody here wrote, and reads moto back with boto3.

    tests/run moto
    python check_moto.py --jettison target/debug/jettison
"""

import argparse
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from fleet import A, B, CREDENTIALS, OTHER_REGION, REGION, Moto
from report import run

# What moto has no operation for, or this build does not read yet.
WAIVED = {
    "service_deployments": "moto has no service deployments",
    "service_revisions": "moto has no service revisions",
    "daemons": "moto has no daemons",
    "eventbridge": "the fleet has no rules",
    "scheduler": "the fleet has no schedules",
    "step_functions": "the fleet has no state machines",
    "lambda": "the fleet has no functions",
    "batch": "the fleet has no job definitions",
    "codedeploy": "the fleet does not deploy with CodeDeploy",
    "application_autoscaling": "the fleet scales nothing by itself",
}

# moto keeps no ages, so every threshold is zero. A family is either deregistered or deleted, so that no plan waits for
# AWS's ten minutes after a deregistration, and a second plan finds nothing.
POLICY = f"""
settings {{ rollback_window = "0s" }}

account "registry" {{
  id       = "{A}"
  regions  = ["{REGION}", "{OTHER_REGION}"]
  role_arn = "arn:aws:iam::{A}:role/jettison"
}}
account "tenant" {{
  id       = "{B}"
  regions  = ["{REGION}"]
  role_arn = "arn:aws:iam::{B}:role/jettison"
}}

retention "service" "idle" {{
  match {{ cluster = ["main"] }}
  delete {{ idle_for = "0s" }}
}}
retention "task_set" "superseded" {{
  match {{ cluster = ["*"] }}
  keep {{ newest = 1 }}
  delete {{
    older_than = "0s"
    scale_down = true
  }}
}}
retention "task_definition" "running" {{
  match {{ family = ["web", "api", "idle", "far"] }}
  deregister {{ unused_for = "0s" }}
}}
retention "task_definition" "retired" {{
  match {{ family = ["gone"] }}
  delete {{ inactive_for = "0s" }}
}}
retention "image" "all" {{
  match {{ repository = ["*"] }}
  keep {{ tags = ["release-*"] }}
  delete {{ unused_for = "0s" }}
}}
"""


class Fleet(unittest.TestCase):
    """Seeds once, plans, applies and plans again; the tests then look at what is left."""

    @classmethod
    def setUpClass(cls):
        cls.moto = Moto(Path(JETTISON).with_name("moto.log"))
        cls.addClassCleanup(cls.moto.close)
        cls.home, cls.far, cls.tenant = (cls.moto.scope(*place) for place in [(A, REGION), (A, OTHER_REGION), (B, REGION)])
        cls.seed_registry()
        cls.seed_services()
        cls.seed_far()
        cls.seed_tenant()
        folder = tempfile.TemporaryDirectory(prefix="jettison-moto-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        waived = "".join(f'waive "{source}" {{ reason = "{reason}" }}\n' for source, reason in WAIVED.items())
        (cls.folder / "policy.hcl").write_text(POLICY + waived)
        cls.first = cls.jettison("plan", "--detailed-exitcode", expect=2)
        cls.applied = cls.jettison("apply", "--auto-approve", expect=0)
        cls.second = cls.jettison("plan", "--detailed-exitcode", expect=0)

    @classmethod
    def jettison(cls, command, *flags, expect):
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(cls.folder), "AWS_ENDPOINT_URL": cls.moto.url, "AWS_REGION": REGION,
            "AWS_MAX_ATTEMPTS": "2", "NO_COLOR": "1", **CREDENTIALS}
        try:
            done = subprocess.run(
                [JETTISON, command, str(cls.folder), *flags], env=environment, capture_output=True, text=True, timeout=120,
                stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired as stuck:
            said = b"\n".join(stream or b"" for stream in [stuck.stdout, stuck.stderr]).decode("utf-8", "replace")
            raise AssertionError(f"{command} was still running after {stuck.timeout} s\n{said}") from None
        if done.returncode != expect:
            raise AssertionError(f"{command} ended with {done.returncode}, not {expect}\n{done.stdout}\n{done.stderr}")
        return done

    @classmethod
    def seed_registry(cls):
        home = cls.home
        home.repository("team/web")
        cls.web_old = home.image("team/web", "old", "v1")
        cls.web_now = home.image("team/web", "now", "v2")
        cls.web_pinned = home.image("team/web", "pinned")
        cls.web_left = home.image("team/web", "left over")
        cls.web_release = home.image("team/web", "release", "release-1")
        home.repository("team/multi")
        cls.kept_children = [home.image("team/multi", name) for name in ["amd64 now", "arm64 now"]]
        cls.kept_index = home.image("team/multi", "now", "v2", children=cls.kept_children)
        cls.old_children = [home.image("team/multi", name) for name in ["amd64 old", "arm64 old"]]
        cls.old_index = home.image("team/multi", "old", "v1", children=cls.old_children)
        home.repository("team/shared")
        cls.shared_old = home.image("team/shared", "old", "v1")
        cls.shared_now = home.image("team/shared", "now", "v2")
        home.repository("base/tools", opted_in=False)
        cls.tools = home.image("base/tools", "tools")

    @classmethod
    def seed_services(cls):
        home = cls.home
        home.cluster("main")
        now = home.uri("team/web", "v2")
        web = [home.revision("web", now) for _ in range(2)]
        web.append(home.revision("web", now, home.uri("team/multi", "v2"), home.uri("team/web", digest=cls.web_pinned)))
        web.append(home.revision("web", now))
        home.service("main", "web", web[2], 2)
        home.task("main", web[0])
        shop = [home.revision("shop", now) for _ in range(3)]
        home.ecs.create_service(cluster="main", serviceName="shop", desiredCount=2, deploymentController={"type": "EXTERNAL"})
        for at, (definition, scale) in enumerate(zip(shop, [0, 50, 100]), start=1):
            made = home.ecs.create_task_set(
                cluster="main", service="shop", taskDefinition=definition, externalId=f"release-{at}", launchType="FARGATE",
                networkConfiguration=home.network(), scale={"value": scale, "unit": "PERCENT"})
        home.ecs.update_service_primary_task_set(cluster="main", service="shop", primaryTaskSet=made["taskSet"]["taskSetArn"])
        home.service("main", "idle", home.revision("idle", now), 0)
        for _ in range(3):
            home.revision("gone", now, active=False)
        home.revision("gone", now)

    @classmethod
    def seed_far(cls):
        cls.far.repository("team/web")
        cls.far_old = cls.far.image("team/web", "old", "v1")
        cls.far_now = cls.far.image("team/web", "now", "v2")
        cls.far.cluster("far")
        cls.far.service("far", "far", cls.far.revision("far", cls.far.uri("team/web", "v2")), 1)

    @classmethod
    def seed_tenant(cls):
        """Another account that runs an image of the first one's registry."""
        cls.tenant.cluster("main")
        shared = cls.home.uri("team/shared", "v2")
        cls.tenant.revision("api", shared)
        cls.tenant.service("main", "api", cls.tenant.revision("api", shared), 1)

    # --- what was in use is all there

    def test_images_that_definitions_name_are_there_by_tag_and_digest(self):
        left = self.home.images("team/web")
        self.assertEqual(left, {self.web_now: ["v2"], self.web_pinned: [], self.web_release: ["release-1"]})

    def test_an_index_in_use_keeps_its_children(self):
        left = self.home.images("team/multi")
        self.assertEqual(set(left), {self.kept_index, *self.kept_children})

    def test_an_image_that_only_another_account_runs_is_there(self):
        self.assertEqual(self.home.images("team/shared"), {self.shared_now: ["v2"]})

    def test_a_repository_that_did_not_opt_in_is_untouched(self):
        self.assertEqual(set(self.home.images("base/tools")), {self.tools})

    def test_definitions_of_services_tasks_and_the_newest_are_active(self):
        self.assertEqual(self.home.revisions("web"), {1: "ACTIVE", 2: "INACTIVE", 3: "ACTIVE", 4: "ACTIVE"})
        self.assertEqual(self.tenant.revisions("api"), {1: "INACTIVE", 2: "ACTIVE"})
        self.assertEqual(self.far.revisions("far"), {1: "ACTIVE"})
        self.assertEqual(self.home.revisions("idle"), {1: "ACTIVE"})

    def test_services_in_use_are_untouched(self):
        for scope, cluster, name in [(self.home, "main", "web"), (self.home, "main", "shop"), (self.tenant, "main", "api"), (self.far, "far", "far")]:
            self.assertEqual(scope.service_status(cluster, name), "ACTIVE", name)

    # --- what should go is gone

    def test_the_idle_service_is_gone(self):
        self.assertEqual(self.home.service_status("main", "idle"), "INACTIVE")

    def test_only_the_primary_task_set_is_left(self):
        self.assertEqual(self.home.task_sets("main", "shop"), {"release-3": ("PRIMARY", 100.0)})

    def test_inactive_definitions_are_deleted(self):
        self.assertEqual(self.home.revisions("gone"), {4: "ACTIVE"})

    def test_images_nobody_uses_are_gone_in_every_region(self):
        self.assertEqual(self.far.images("team/web"), {self.far_now: ["v2"]})

    # --- and the words are right

    def test_the_plan_says_what_goes_and_the_second_that_nothing_does(self):
        self.assertRegex(self.first.stdout, "team/web")
        self.assertRegex(self.second.stdout, re.compile(r"nothing to do", re.I))
        for said in [self.first, self.applied, self.second]:
            self.assertNotIn("panicked", said.stderr)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--jettison", required=True, help="the binary under test")
    JETTISON = os.path.abspath(arguments.parse_args().jettison)
    run()
