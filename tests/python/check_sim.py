#!/usr/bin/env python3
"""Drives the simulated AWS with boto3 and the AWS CLI, and holds every answer against botocore's service models.

    tests/run sim                                   # everything
    python check_sim.py --jettison target/debug/jettison
"""

import argparse
import os
import unittest

arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
arguments.add_argument("--jettison", required=True, help="the binary under test")
os.environ["JETTISON"] = os.path.abspath(arguments.parse_args().jettison)

from report import run  # noqa: E402
from sim.case import called  # noqa: E402
from sim.cli_cases import Cli  # noqa: E402, F401
from sim.config_cases import Aggregators  # noqa: E402, F401
from sim.deployment_cases import CliDeployments, EcsDeployments  # noqa: E402, F401
from sim.ecr_cases import EcrImages, EcrRepositories, EcrSettings  # noqa: E402, F401
from sim.ecs_cases import EcsClusters, EcsDefinitions, EcsServices, EcsTasks, EcsTaskSets  # noqa: E402, F401
from sim.elsewhere_cases import Elsewhere  # noqa: E402, F401
from sim.holder_cases import Holders  # noqa: E402, F401
from sim.model_cases import ModelBites  # noqa: E402, F401
from sim.page_cases import Pages  # noqa: E402, F401
from sim.quota_cases import Quotas  # noqa: E402, F401
from sim.sts_cases import Sts  # noqa: E402, F401
from sim.world_cases import Quickstart, Saved  # noqa: E402, F401

# What an ordinary client needs to build a world, and what jettison itself calls.
OPERATIONS = {
    "application-autoscaling": "DescribeScalableTargets DescribeScheduledActions",
    "batch": "DescribeJobDefinitions",
    "codedeploy": """
        ListApplications BatchGetApplications ListDeploymentGroups BatchGetDeploymentGroups ListDeployments
        BatchGetDeployments""",
    "config": "DescribeConfigurationAggregatorSourcesStatus SelectAggregateResourceConfig",
    "ecs": """
        ListClusters DescribeClusters ListServices ListServicesByNamespace DescribeServices DescribeTaskSets ListTasks DescribeTasks
        ListTaskDefinitionFamilies ListTaskDefinitions DescribeTaskDefinition ListTagsForResource
        DeregisterTaskDefinition DeleteTaskDefinitions DeleteTaskSet UpdateTaskSet UpdateServicePrimaryTaskSet
        UpdateService DeleteService CreateCluster CreateService CreateTaskSet RegisterTaskDefinition RunTask StopTask
        TagResource UntagResource
        ListServiceDeployments DescribeServiceDeployments DescribeServiceRevisions ListDaemons DescribeDaemon DescribeDaemonDeployments
        DescribeDaemonRevisions ListDaemonTaskDefinitions DescribeDaemonTaskDefinition""",
    "ecr": """
        DescribeRepositories ListImages DescribeImages BatchGetImage BatchDeleteImage UpdateImageStorageClass PutImage CreateRepository
        DeleteRepository ListTagsForResource TagResource UntagResource ListImageReferrers DescribeRegistry
        PutReplicationConfiguration DescribePullThroughCacheRules GetRepositoryPolicy SetRepositoryPolicy
        GetLifecyclePolicy PutLifecyclePolicy""",
    "events": "ListEventBuses ListRules ListTargetsByRule",
    "lambda": "ListFunctions GetFunction",
    "scheduler": "ListSchedules GetSchedule",
    "stepfunctions": "ListStateMachines ListStateMachineVersions DescribeStateMachine",
    "sts": "GetCallerIdentity AssumeRole",
}


class WholeSurface(unittest.TestCase):
    """Runs last (tests run in the order of their names): nothing of the list was left out by either client."""

    def test_both_clients_called_every_operation(self):
        wanted = {(client, service, name) for client in ["boto3", "cli"] for service, names in OPERATIONS.items() for name in names.split()}
        self.assertEqual(sorted(wanted - called), [])


if __name__ == "__main__":
    run()
