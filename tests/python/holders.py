"""What holds definitions and images outside ECS, in moto: rules, schedules, state machines, functions, jobs, deployments."""

import io
import json
import zipfile

TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "*"}, "Action": "sts:AssumeRole"}]}


def role(scope, name):
    made = scope.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    return made["Role"]["Arn"]


def rule(scope, name, definition, enabled=True):
    """An EventBridge rule that runs a definition; a disabled one may be enabled again."""
    events = scope.client("events")
    events.put_rule(Name=name, ScheduleExpression="rate(1 day)", State="ENABLED" if enabled else "DISABLED")
    cluster = f"arn:aws:ecs:{scope.region}:{scope.account}:cluster/main"
    target = {"Id": "run", "Arn": cluster, "RoleArn": f"arn:aws:iam::{scope.account}:role/run", "EcsParameters": {"TaskDefinitionArn": definition}}
    events.put_targets(Rule=name, Targets=[target])


def schedule(scope, name, definition):
    """An EventBridge Scheduler schedule that runs a definition."""
    target = {
        "Arn": f"arn:aws:ecs:{scope.region}:{scope.account}:cluster/main", "RoleArn": f"arn:aws:iam::{scope.account}:role/run",
        "EcsParameters": {"TaskDefinitionArn": definition}}
    scope.client("scheduler").create_schedule(
        Name=name, ScheduleExpression="rate(1 day)", FlexibleTimeWindow={"Mode": "OFF"}, Target=target)


def state_machine(scope, name, definition):
    """A state machine with a step that runs a definition."""
    run = {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.sync", "Parameters": {"TaskDefinition": definition}, "End": True}
    inner = {"StartAt": "Run", "States": {"Run": run}}
    each = {"Type": "Map", "ItemProcessor": inner, "End": True}
    scope.client("stepfunctions").create_state_machine(
        name=name, definition=json.dumps({"StartAt": "Each", "States": {"Each": each}}), roleArn=f"arn:aws:iam::{scope.account}:role/run")


def functions(scope, image):
    """A Lambda function from an image, and one from a ZIP file, which is nobody's business here."""
    client, own = scope.client("lambda"), role(scope, "functions")
    client.create_function(FunctionName="from-image", PackageType="Image", Code={"ImageUri": image}, Role=own)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("main.py", "")
    client.create_function(
        FunctionName="from-zip", Runtime="python3.12", Handler="main.main", Code={"ZipFile": packed.getvalue()}, Role=own)


def job_definition(scope, name, image):
    """An AWS Batch job definition."""
    container = {"image": image, "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "512"}]}
    scope.client("batch").register_job_definition(jobDefinitionName=name, type="container", containerProperties=container)


def code_deploy(scope, cluster, service, definition):
    """A CodeDeploy group of an ECS service, with a deployment whose AppSpec names a definition."""
    client = scope.client("codedeploy")
    client.create_application(applicationName="shop", computePlatform="ECS")
    client.create_deployment_group(
        applicationName="shop", deploymentGroupName="blue-green", serviceRoleArn=f"arn:aws:iam::{scope.account}:role/deploy",
        ecsServices=[{"clusterName": cluster, "serviceName": service}])
    properties = {"TaskDefinition": definition, "LoadBalancerInfo": {"ContainerName": "c0", "ContainerPort": 80}}
    spec = {"version": 0.0, "Resources": [{"TargetService": {"Type": "AWS::ECS::Service", "Properties": properties}}]}
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": json.dumps(spec)}}
    client.create_deployment(applicationName="shop", deploymentGroupName="blue-green", revision=revision)


def scalable_target(scope, cluster, service):
    """An Application Auto Scaling target that may start the service again."""
    scope.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs", ResourceId=f"service/{cluster}/{service}", ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=0, MaxCapacity=4, RoleARN=f"arn:aws:iam::{scope.account}:role/scale")
