//! The queries, within the grammar of AWS Config's advanced queries.

use crate::model::AccountId;

/// Accounts named in one query: with the rest well below the 4,096 characters that an expression may have.
pub(super) const ACCOUNTS_PER_QUERY: usize = 200;

/// Definitions with their status and images.
pub(super) const DEFINITIONS: Select = Select {
    properties: "configuration.Status, configuration.ContainerDefinitions.Image",
    condition: "resourceType = 'AWS::ECS::TaskDefinition'",
    is_count: false,
};

/// What services and task sets run.
pub(super) const SERVICES: Select = Select {
    properties: "configuration.TaskDefinition",
    condition: "resourceType IN ('AWS::ECS::Service', 'AWS::ECS::TaskSet')",
    is_count: false,
};

/// The targets of rules that run tasks. The pattern fits every partition.
pub(super) const RULES: Select = Select {
    properties: "configuration.Targets",
    condition: "resourceType = 'AWS::Events::Rule' AND configuration.Targets.EcsParameters.TaskDefinitionArn LIKE 'arn:aws%'",
    is_count: false,
};

/// Images that something other than ECS runs: the query, and where in `configuration` the images stand.
pub(super) const IMAGES: [(Select, &[&[&str]]); 3] = [
    (
        Select {
            properties: "configuration.SourceConfiguration.ImageRepository.ImageIdentifier",
            condition: "resourceType = 'AWS::AppRunner::Service'",
            is_count: false,
        },
        &[&["SourceConfiguration", "ImageRepository", "ImageIdentifier"]],
    ),
    (
        Select {
            properties: "configuration.environment.image",
            condition: "resourceType = 'AWS::CodeBuild::Project'",
            is_count: false,
        },
        &[&["environment", "image"]],
    ),
    (
        Select {
            properties: "configuration.PrimaryContainer.Image, configuration.Containers.Image",
            condition: "resourceType = 'AWS::SageMaker::Model'",
            is_count: false,
        },
        &[&["PrimaryContainer", "Image"], &["Containers", "Image"]],
    ),
];

/// Where anything of ECS beside definitions is.
pub(super) const USES_ECS: Select = Select {
    properties: "",
    condition: "resourceType IN ('AWS::ECS::Cluster', 'AWS::ECS::Service', 'AWS::ECS::TaskSet')",
    is_count: true,
};

/// Where Lambda functions from images are.
pub(super) const IMAGE_FUNCTIONS: Select = Select {
    properties: "",
    condition: "resourceType = 'AWS::Lambda::Function' AND configuration.packageType = 'Image'",
    is_count: true,
};

/// A query, but for the accounts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Select {
    properties: &'static str,
    condition: &'static str,
    is_count: bool,
}

impl Select {
    /// The expression for some accounts, or for all with none named.
    pub(super) fn within(&self, accounts: &[AccountId]) -> String {
        let Self { properties, condition, is_count } = self;
        let ids: Vec<String> = accounts.iter().map(|id| format!("'{id}'")).collect();
        let accounts = if ids.is_empty() { String::new() } else { format!(" AND accountId IN ({})", ids.join(", ")) };
        if *is_count {
            format!("SELECT accountId, awsRegion, COUNT(*) WHERE {condition}{accounts} GROUP BY accountId, awsRegion")
        } else {
            format!("SELECT accountId, awsRegion, arn, {properties} WHERE {condition}{accounts}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_query_is_within_the_length_that_aws_takes() {
        let accounts: Vec<AccountId> = (0..ACCOUNTS_PER_QUERY).map(|id| format!("{id:012}").parse().unwrap()).collect();
        let images = IMAGES.map(|(select, _)| select);
        for select in [DEFINITIONS, SERVICES, RULES, USES_ECS, IMAGE_FUNCTIONS].iter().chain(&images) {
            assert!(select.within(&accounts).len() <= 4_096, "{select:?}");
        }
    }

    #[test]
    fn a_count_is_by_account_and_region() {
        let one: Vec<AccountId> = vec!["111111111111".parse().unwrap()];
        assert_eq!(
            IMAGE_FUNCTIONS.within(&one),
            "SELECT accountId, awsRegion, COUNT(*) WHERE resourceType = 'AWS::Lambda::Function' AND \
             configuration.packageType = 'Image' AND accountId IN ('111111111111') GROUP BY accountId, awsRegion"
        );
    }
}
