//! Settings of the registry and of its repositories.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_ecr::{
    config::{ConfigBag, Intercept, RuntimeComponents, interceptors::AfterDeserializationInterceptorContextRef},
    error::BoxError,
};

use super::{
    super::{AwsError, Batch, ErrorKind, Operation, Session, call::Pages},
    convert,
    read::{PAGE, sort},
};
use crate::{
    inventory::{PullThroughCacheRule, Registry},
    model::RepositoryName,
};

impl Session {
    /// How the registry replicates.
    ///
    /// # Errors
    /// Also when the answer cannot be read whole: a setting that is overlooked here deletes copies elsewhere.
    pub async fn describe_registry(&self) -> Result<Registry, AwsError> {
        let operation = Operation::DescribeRegistry;
        let garbled = |message| AwsError::own(operation, self.scope(), ErrorKind::Garbled, message);
        let body = AnswerBody::default();
        let request = self.ecr().describe_registry();
        self.read(operation, || request.clone().customize().interceptor(body.clone()).send()).await?;
        let body = body.take().ok_or_else(|| garbled("its body was not kept".to_owned()))?;
        let registry: Registry = serde_json::from_slice(&body).map_err(|error| garbled(error.to_string()))?;
        // This call alone cannot name the registry that it means.
        if registry.registry_id != self.location().account_id.as_str() {
            let message = format!("the answer is about the registry {}", registry.registry_id);
            return Err(AwsError::own(operation, self.scope(), ErrorKind::WrongAccount, message));
        }
        Ok(registry)
    }

    /// The pull-through cache rules of the registry.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn describe_pull_through_cache_rules(&self) -> Result<Batch<PullThroughCacheRule>, AwsError> {
        let operation = Operation::DescribePullThroughCacheRules;
        let mut all = Batch::default();
        let mut pages = Pages::new(self, operation);
        loop {
            let request = self
                .ecr()
                .describe_pull_through_cache_rules()
                .registry_id(self.location().account_id.as_str())
                .max_results(PAGE)
                .set_next_token(pages.token());
            let answer = self.read(operation, || request.clone().send()).await?;
            all.append(sort(answer.pull_through_cache_rules().iter().map(convert::pull_through_cache_rule)));
            if !pages.turn(answer.next_token)? {
                return Ok(all);
            }
        }
    }

    /// The policy of a repository that says who may use it; `None` if it has none.
    ///
    /// # Errors
    /// `ErrorKind::NotFound` when the repository does not exist.
    pub async fn repository_policy(&self, repository: &RepositoryName) -> Result<Option<String>, AwsError> {
        let request = self
            .ecr()
            .get_repository_policy()
            .registry_id(self.location().account_id.as_str())
            .repository_name(repository.as_str());
        match self.read(Operation::GetRepositoryPolicy, || request.clone().send()).await {
            Ok(answer) => Ok(answer.policy_text),
            Err(error) if error.code.as_deref() == Some("RepositoryPolicyNotFoundException") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// ECR's own rules for cleaning a repository up; `None` if it has none.
    ///
    /// # Errors
    /// `ErrorKind::NotFound` when the repository does not exist.
    pub async fn lifecycle_policy(&self, repository: &RepositoryName) -> Result<Option<String>, AwsError> {
        let request = self
            .ecr()
            .get_lifecycle_policy()
            .registry_id(self.location().account_id.as_str())
            .repository_name(repository.as_str());
        match self.read(Operation::GetLifecyclePolicy, || request.clone().send()).await {
            Ok(answer) => Ok(answer.lifecycle_policy_text),
            Err(error) if error.code.as_deref() == Some("LifecyclePolicyNotFoundException") => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The body of an answer as it came over the wire. aws-sdk-ecr 1.138 drops `deleteReplication`, which ECR's API model has
/// (botocore, `ecr/2015-09-21`), and nothing may be deleted without it.
#[derive(Debug, Clone, Default)]
struct AnswerBody(Arc<Mutex<Option<Vec<u8>>>>);

impl AnswerBody {
    fn take(&self) -> Option<Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Intercept for AnswerBody {
    fn name(&self) -> &'static str {
        "AnswerBody"
    }

    /// Before this hook the body may still be on its way.
    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().map(<[u8]>::to_vec);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = body;
        Ok(())
    }
}
