#!/usr/bin/env python3
"""The quickstart's world is what its generator makes, tells the story it promises, and stays clear of every threshold."""

import collections
import json
import re
import subprocess
import sys
import unittest
from datetime import datetime
from pathlib import Path

from report import run

QUICKSTART = Path(__file__).resolve().parents[2] / "examples" / "quickstart"
DAYS = {"s": 1 / 86_400, "m": 1 / 1_440, "h": 1 / 24, "d": 1, "w": 7}


class World(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        lines = [json.loads(line) for line in (QUICKSTART / "world.ndjson").read_text().splitlines()]
        cls.taken_at = datetime.fromisoformat(lines[0]["taken_at"])
        cls.values = collections.defaultdict(list)
        for line in lines[1:]:
            cls.values[line["kind"]].append(line["value"])

    def test_the_generator_makes_the_same_bytes(self):
        check = subprocess.run([sys.executable, QUICKSTART / "make_world.py", "--check"], capture_output=True, text=True)
        self.assertEqual(check.returncode, 0, check.stdout)

    def test_nothing_falls_due_between_two_plans(self):
        thresholds = {float(n) * DAYS[unit] for n, unit in re.findall(r'"(\d+)([smhdw])"', (QUICKSTART / "policy.hcl").read_text())}
        self.assertGreater(len(thresholds), 3)
        near = []
        for value in [value for values in self.values.values() for value in values]:
            for text in re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", json.dumps(value)):
                age = (self.taken_at - datetime.fromisoformat(text)).total_seconds() / 86_400
                near += [(text, value) for threshold in thresholds if abs(age - threshold) < 0.2]
        self.assertEqual(near, [])

    def test_it_has_the_promised_size(self):
        images = self.values["ecr.image"]
        self.assertEqual(len(self.values["ecr.repository"]), 5)
        self.assertIn(len(images), range(55, 70))
        self.assertEqual(len({d["family"] for d in self.values["ecs.task_definition"]}), 6)
        self.assertIn(len(self.values["ecs.task_definition"]), range(38, 45))
        self.assertEqual(len({(i["repositoryName"], i["imageDigest"]) for i in images}), len(images))

    def test_what_runs_as_stable_is_untagged(self):
        images = {image["imageDigest"]: image for image in self.values["ecr.image"]}
        running = [t for t in self.values["ecs.task"] if t["group"] == "service:web"]
        self.assertEqual(len(running), 3)
        for task in running:
            [container] = task["containers"]
            self.assertTrue(container["image"].endswith("team/web:stable"))
            self.assertNotIn("imageTags", images[container["imageDigest"]])
        self.assertTrue(any("stable" in image.get("imageTags", []) for image in images.values()))

    def test_every_digest_that_something_names_is_there(self):
        there = {(image["repositoryName"], image["imageDigest"]) for image in self.values["ecr.image"]}
        for manifest in self.values["ecr.manifest"]:
            for digest in [manifest["imageDigest"], *manifest["children"]]:
                self.assertIn((manifest["repositoryName"], digest), there)
        digests = {digest for _, digest in there}
        for task in self.values["ecs.task"]:
            for container in task["containers"]:
                self.assertIn(container["imageDigest"], digests)
        for image in self.values["ecr.image"]:
            self.assertIn(image.get("subjectManifestDigest", image["imageDigest"]), digests)

    def test_one_repository_did_not_opt_in(self):
        without = [r["repositoryName"] for r in self.values["ecr.repository"] if "tags" not in r]
        self.assertEqual(without, ["legacy/cron"])


if __name__ == "__main__":
    run()
