# Other places that can hold a definition or an image. A plan reads them all, or says by name which ones it did not.
# The demo account has none of these. In a real one, waive only what you know to be empty.

waive "service_deployments" { reason = "the demo account has no deployment under way" }
waive "service_revisions" { reason = "the demo account's tasks show every digest that runs" }
waive "daemons" { reason = "the demo account has no managed instances" }
waive "eventbridge" { reason = "the demo account has no rule that runs a task" }
waive "scheduler" { reason = "the demo account has no schedule" }
waive "step_functions" { reason = "the demo account has no state machine" }
waive "lambda" { reason = "the demo account has no function" }
waive "batch" { reason = "the demo account has no job definition" }
waive "codedeploy" { reason = "the demo account does not deploy with CodeDeploy" }
waive "application_autoscaling" { reason = "the demo account scales nothing by itself" }
