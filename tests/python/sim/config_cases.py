"""AWS Config's aggregators: the status of their sources, and queries within the documented grammar."""

import json

from sim.cli_cases import CommandLine
from sim.server import ACCOUNT, REGION

OTHER = "111111111111"
DEFINITIONS = 130
ALL = "SELECT arn, configuration.ContainerDefinitions.Image WHERE resourceType = 'AWS::ECS::TaskDefinition'"
COUNT = "SELECT accountId, awsRegion, COUNT(*) WHERE resourceType = 'AWS::ECS::TaskDefinition' GROUP BY accountId, awsRegion"


def lines():
    for account, status in [(ACCOUNT, "SUCCEEDED"), (OTHER, "FAILED")]:
        yield "config.source_status", {
            "aggregator": "fleet", "SourceId": account, "SourceType": "ACCOUNT", "AwsRegion": REGION, "LastUpdateStatus": status,
            "LastUpdateTime": "2026-11-01T05:00:00Z"}
    for n in range(DEFINITIONS):
        yield "config.resource", {
            "aggregator": "fleet", "accountId": OTHER, "awsRegion": REGION, "resourceType": "AWS::ECS::TaskDefinition",
            "resourceId": f"d{n:03}", "arn": f"arn:aws:ecs:{REGION}:{OTHER}:task-definition/web:{n + 1}",
            "configuration": {"Status": "ACTIVE", "ContainerDefinitions": [{"Name": "app", "Image": f"web:{n}"}]}}


class Aggregators(CommandLine):
    records = tuple(lines())

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.config = cls.client("config")

    def select(self, expression, **more):
        """The results of a query, page by page."""
        pages, token = [], None
        while True:
            answer = self.config.select_aggregate_resource_config(
                ConfigurationAggregatorName="fleet", Expression=expression, **more, **({"NextToken": token} if token else {}))
            pages.append([json.loads(result) for result in answer["Results"]])
            token = answer.get("NextToken")
            if not token:
                return pages

    def test_the_status_of_sources(self):
        status = self.config.describe_configuration_aggregator_sources_status
        found = status(ConfigurationAggregatorName="fleet")["AggregatedSourceStatusList"]
        self.assertEqual([(one["SourceId"], one["LastUpdateStatus"]) for one in found], [(ACCOUNT, "SUCCEEDED"), (OTHER, "FAILED")])
        self.assertEqual(found[0]["LastUpdateTime"].year, 2026)
        failed = status(ConfigurationAggregatorName="fleet", UpdateStatus=["FAILED"])["AggregatedSourceStatusList"]
        self.assertEqual([one["SourceId"] for one in failed], [OTHER])
        with self.refused("NoSuchConfigurationAggregatorException"):
            status(ConfigurationAggregatorName="absent")

    def test_pages_of_results(self):
        self.assertEqual([len(page) for page in self.select(ALL)], [25] * 5 + [5])
        self.assertEqual([len(page) for page in self.select(ALL, Limit=100)], [100, 30])
        first = self.select(ALL, Limit=100)[0][0]
        arn = f"arn:aws:ecs:{REGION}:{OTHER}:task-definition/web:1"
        self.assertEqual(first, {"arn": arn, "configuration": {"ContainerDefinitions": [{"Image": "web:0"}]}})

    def test_counts(self):
        self.assertEqual(self.select(COUNT), [[{"accountId": OTHER, "awsRegion": REGION, "COUNT(*)": DEFINITIONS}]])

    def test_conditions(self):
        for condition, count in [
            ("accountId IN ('000000000000', '111111111111')", DEFINITIONS),
            ("accountId = '000000000000'", 0),
            ("configuration.ContainerDefinitions.Image LIKE 'web:10%'", 11),
            ("configuration.ContainerDefinitions.Image = 'web:10' AND configuration.Status = 'ACTIVE'", 1),
        ]:
            pages = self.select(f"SELECT arn WHERE {condition}", Limit=100)
            self.assertEqual(sum(map(len, pages)), count, condition)

    def test_what_is_refused(self):
        select = self.config.select_aggregate_resource_config
        for wrong in ["SELECT arn FROM x", "SELECT arn WHERE arn LIKE '%x%'", "SELECT arn WHERE NOT arn = 'x'", "SELECT arn WHERE " + "x" * 4096]:
            with self.refused("InvalidExpressionException"):
                select(ConfigurationAggregatorName="fleet", Expression=wrong)
        with self.refused("NoSuchConfigurationAggregatorException"):
            select(ConfigurationAggregatorName="absent", Expression=ALL)
        with self.refused("InvalidLimitException"):
            select(ConfigurationAggregatorName="fleet", Expression=ALL, Limit=101)
        with self.refused("InvalidNextTokenException"):
            select(ConfigurationAggregatorName="fleet", Expression=ALL, NextToken="nonsense")

    def test_the_command_line(self):
        name = ["--configuration-aggregator-name", "fleet"]
        status = self.aws("configservice", "describe-configuration-aggregator-sources-status", *name)
        self.assertEqual(len(status["AggregatedSourceStatusList"]), 2)
        found = self.aws("configservice", "select-aggregate-resource-config", *name, "--expression", ALL)
        self.assertEqual(len(found["Results"]), DEFINITIONS)
