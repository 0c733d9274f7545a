#!/usr/bin/env python3
"""Plans and applies a fleet on moto's server, a simulated AWS that nobody here wrote, and reads moto back with boto3.

    tests/run moto
    python check_moto.py --jettison target/debug/jettison
"""

import argparse
import json
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import holders
from fleet import A, B, CREDENTIALS, OTHER_REGION, REGION, Moto
from report import run

# What moto has no operation for.
WAIVED = {
    "service_deployments": "moto has no service deployments",
    "daemons": "moto has no daemons",
    "step_functions": "moto lists no versions of state machines",
    "codedeploy": "moto has no BatchGetDeploymentGroups",
    "pull_through_cache": "moto has no pull-through cache rules",
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
  match {{ family = ["web", "api", "idle", "far", "nightly", "hourly"] }}
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
        cls.seed_holders()
        folder = tempfile.TemporaryDirectory(prefix="jettison-moto-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        waived = "".join(f'waive "{source}" {{ reason = "{reason}" }}\n' for source, reason in WAIVED.items())
        (cls.folder / "policy.hcl").write_text(POLICY + waived)
        cls.first = cls.jettison("plan", "--detailed-exitcode", expect=2)
        cls.applied = cls.jettison("apply", "--auto-approve", expect=0)
        cls.second = cls.jettison("plan", "--detailed-exitcode", expect=0)
        cls.pulled = cls.pull_everything()

    @classmethod
    def pull_everything(cls):
        """An inventory without waivers: what moto cannot answer is a gap, and everything else is there."""
        policy, file = cls.folder / "policy.hcl", cls.folder / "everything.ndjson"
        policy.write_text(POLICY)
        cls.jettison("inventory", "--out", str(file), expect=0, subcommand="pull")
        return [json.loads(line) for line in file.read_text().splitlines()]

    @classmethod
    def jettison(cls, command, *flags, expect, subcommand=None):
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(cls.folder), "AWS_ENDPOINT_URL": cls.moto.url, "AWS_REGION": REGION,
            "AWS_MAX_ATTEMPTS": "2", "NO_COLOR": "1", **CREDENTIALS}
        try:
            done = subprocess.run(
                [JETTISON, command, *filter(None, [subcommand]), str(cls.folder), *flags], env=environment, capture_output=True, text=True, timeout=120,
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

    @classmethod
    def seed_holders(cls):
        """What only something outside ECS holds; all of it in the account that has no registry."""
        home, tenant = cls.home, cls.tenant
        home.repository("team/held")
        cls.held = {tag: home.image("team/held", tag, tag) for tag in ["function", "job", "nightly", "hourly", "shop"]}
        cls.spare = home.image("team/held", "spare", "spare")
        uri = lambda tag: home.uri("team/held", tag)
        holders.functions(tenant, uri("function"))
        holders.job_definition(tenant, "report", uri("job"))
        nightly, _ = [tenant.revision("nightly", uri("nightly")) for _ in range(2)]
        holders.rule(tenant, "nightly", nightly, enabled=False)
        hourly, _ = [tenant.revision("hourly", uri("hourly")) for _ in range(2)]
        holders.schedule(tenant, "hourly", hourly)
        tenant.service("main", "sleeper", tenant.revision("sleeper", uri("shop")), 0)
        holders.scalable_target(tenant, "main", "sleeper")
        holders.state_machine(tenant, "flow", hourly)
        holders.code_deploy(tenant, "main", "sleeper", nightly)

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

    def test_what_functions_and_jobs_run_is_there(self):
        left = self.home.images("team/held")
        self.assertEqual(set(left), set(self.held.values()))

    def test_what_a_rule_or_a_schedule_runs_is_active(self):
        self.assertEqual(self.tenant.revisions("nightly"), {1: "ACTIVE", 2: "ACTIVE"})
        self.assertEqual(self.tenant.revisions("hourly"), {1: "ACTIVE", 2: "ACTIVE"})

    def test_a_service_that_may_be_scaled_up_again_is_untouched(self):
        self.assertEqual(self.tenant.service_status("main", "sleeper"), "ACTIVE")

    def references(self, source):
        found = [line["value"] for line in self.pulled if line["kind"] == "reference" and line["value"]["source"] == source]
        return {line.get("task_definition") or line.get("image") or line.get("service") for line in found}

    def test_every_holder_is_in_the_inventory(self):
        nightly, hourly = [f"arn:aws:ecs:{REGION}:{B}:task-definition/{family}:1" for family in ["nightly", "hourly"]]
        image = self.home.uri("team/held", "function")
        self.assertEqual(self.references("eventbridge"), {nightly})
        self.assertEqual(self.references("scheduler"), {hourly})
        self.assertEqual(self.references("step_functions"), {hourly})
        self.assertIn(image, self.references("lambda"))
        self.assertTrue(any("@sha256:" in reference for reference in self.references("lambda")))
        self.assertEqual(self.references("batch"), {self.home.uri("team/held", "job")})
        self.assertEqual(self.references("application_autoscaling"), {"main/sleeper"})

    def test_what_moto_cannot_answer_is_a_gap(self):
        gaps = {line["value"]["source"] for line in self.pulled if line["kind"] == "gap"}
        self.assertEqual(gaps, set(WAIVED))

    # --- what should go is gone

    def test_the_idle_service_is_gone(self):
        self.assertEqual(self.home.service_status("main", "idle"), "INACTIVE")

    def test_only_the_primary_task_set_is_left(self):
        self.assertEqual(self.home.task_sets("main", "shop"), {"release-3": ("PRIMARY", 100.0)})

    def test_inactive_definitions_are_deleted(self):
        self.assertEqual(self.home.revisions("gone"), {4: "ACTIVE"})

    def test_images_nobody_uses_are_gone_in_every_region(self):
        self.assertNotIn(self.spare, self.home.images("team/held"))
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
