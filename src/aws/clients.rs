//! The clients of the services that hold things from outside ECS and ECR, each behind the cargo feature of its crate.

use aws_config::SdkConfig;

use super::Session;

/// Makes a client, and a way to it from a session, for every service whose feature is on.
macro_rules! clients {
    ($($feature:literal: $name:ident of $sdk:ident;)+) => {
        /// The clients that this build was made with.
        #[derive(Clone)]
        pub(super) struct Clients {
            $(#[cfg(feature = $feature)] $name: $sdk::Client,)+
        }

        impl Clients {
            #[cfg_attr(not(any($(feature = $feature),+)), expect(unused_variables, reason = "no client to make"))]
            pub(super) fn new(config: &SdkConfig) -> Self {
                Self { $(#[cfg(feature = $feature)] $name: $sdk::Client::new(config),)+ }
            }
        }

        impl Session {
            $(
                #[cfg(feature = $feature)]
                pub(super) fn $name(&self) -> &$sdk::Client {
                    &self.clients().$name
                }
            )+
        }
    };
}

clients! {
    "application-autoscaling": application_autoscaling of aws_sdk_applicationautoscaling;
    "batch": batch of aws_sdk_batch;
    "codedeploy": codedeploy of aws_sdk_codedeploy;
    "config": config of aws_sdk_config;
    "eventbridge": eventbridge of aws_sdk_eventbridge;
    "lambda": lambda of aws_sdk_lambda;
    "scheduler": scheduler of aws_sdk_scheduler;
    "step-functions": step_functions of aws_sdk_sfn;
}
