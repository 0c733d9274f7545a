//! AWS Batch: the images of job definitions. Every ACTIVE revision can be submitted.

use std::collections::BTreeSet;

use aws_sdk_batch::types::{EcsProperties, EcsTaskProperties, EksProperties, JobDefinition, NodeProperties};

use super::{AwsError, Batch, Failure, Operation, Session, call::Pages, reference::Holder};
use crate::{inventory::Reference, model::Source};

/// The largest page of DescribeJobDefinitions.
const PAGE: i32 = 100;

impl Session {
    /// The images of all ACTIVE job definitions. A failure is a definition with a container that shows no image.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn job_definition_images(&self) -> Result<Batch<Reference>, AwsError> {
        let operation = Operation::DescribeJobDefinitions;
        let mut all = Batch::default();
        let mut pages = Pages::new(self, operation);
        loop {
            let request = self
                .batch()
                .describe_job_definitions()
                .status("ACTIVE")
                .max_results(PAGE)
                .set_next_token(pages.token());
            let answer = self.read(operation, || request.clone().send()).await?;
            for definition in answer.job_definitions() {
                match references(definition) {
                    Ok(found) => all.found.extend(found),
                    Err(failure) => all.failures.push(failure),
                }
            }
            if !pages.turn(answer.next_token)? {
                return Ok(all);
            }
        }
    }
}

fn references(definition: &JobDefinition) -> Result<Vec<Reference>, Failure> {
    let name = definition.job_definition_arn().or(definition.job_definition_name());
    let name = name.unwrap_or("a job definition without a name");
    let images = images(definition);
    // No container at all is a kind of job that this build does not know.
    if images.is_empty() || images.contains(&None) {
        return Err(Failure::new(name, "it shows a container without an image, or none at all"));
    }
    let holder = Holder { source: Source::Batch, name };
    Ok(images.into_iter().flatten().map(|image| holder.image(image)).collect())
}

/// The image of every container, each once; `None` for a container that shows none.
fn images(definition: &JobDefinition) -> BTreeSet<Option<&str>> {
    let single = definition.container_properties().map(|container| container.image());
    let ecs = definition.ecs_properties().into_iter().flat_map(of_ecs);
    let eks = definition.eks_properties().into_iter().flat_map(of_eks);
    let nodes = definition.node_properties().into_iter().flat_map(of_nodes);
    single.into_iter().chain(ecs).chain(eks).chain(nodes).collect()
}

/// A range of nodes without any container that this build knows counts as one without an image.
fn of_nodes(nodes: &NodeProperties) -> impl Iterator<Item = Option<&str>> {
    nodes.node_range_properties().iter().flat_map(|range| {
        let single = range.container().map(|container| container.image());
        let ecs = range.ecs_properties().into_iter().flat_map(of_ecs);
        let eks = range.eks_properties().into_iter().flat_map(of_eks);
        let found: BTreeSet<_> = single.into_iter().chain(ecs).chain(eks).collect();
        if found.is_empty() { BTreeSet::from([None]) } else { found }
    })
}

fn of_ecs(properties: &EcsProperties) -> impl Iterator<Item = Option<&str>> {
    properties.task_properties().iter().flat_map(EcsTaskProperties::containers).map(|container| container.image())
}

fn of_eks(properties: &EksProperties) -> impl Iterator<Item = Option<&str>> {
    let pods = properties.pod_properties().into_iter();
    pods.flat_map(|pod| pod.containers().iter().chain(pod.init_containers())).map(|container| container.image())
}

#[cfg(test)]
mod tests {
    use aws_sdk_batch::types::{
        ContainerProperties, EksContainer, EksPodProperties, NodeRangeProperty, TaskContainerProperties,
        builders::JobDefinitionBuilder,
    };

    use super::*;

    fn job() -> JobDefinitionBuilder {
        JobDefinition::builder().job_definition_arn("arn:job:1").job_definition_name("job").revision(1)
    }

    fn container(image: &str) -> ContainerProperties {
        ContainerProperties::builder().image(image).build()
    }

    fn ecs(images: &[&str]) -> EcsProperties {
        let containers = images.iter().map(|image| TaskContainerProperties::builder().image(*image).build());
        let task = EcsTaskProperties::builder().set_containers(Some(containers.collect())).build();
        EcsProperties::builder().task_properties(task).build()
    }

    fn eks(image: &str, init: &str) -> EksProperties {
        let pod = EksPodProperties::builder()
            .containers(EksContainer::builder().image(image).build())
            .init_containers(EksContainer::builder().image(init).build());
        EksProperties::builder().pod_properties(pod.build()).build()
    }

    fn held(definition: &JobDefinition) -> Vec<String> {
        references(definition).unwrap().into_iter().filter_map(|reference| reference.image).collect()
    }

    #[test]
    fn every_form_of_a_job_shows_its_images() {
        assert_eq!(held(&job().container_properties(container("a")).build()), ["a"]);
        assert_eq!(held(&job().ecs_properties(ecs(&["b", "a", "b"])).build()), ["a", "b"]);
        assert_eq!(held(&job().eks_properties(eks("a", "init")).build()), ["a", "init"]);
        let range = |number: i32| NodeRangeProperty::builder().target_nodes(number.to_string());
        let nodes = NodeProperties::builder()
            .num_nodes(3)
            .main_node(0)
            .node_range_properties(range(0).container(container("a")).build())
            .node_range_properties(range(1).ecs_properties(ecs(&["b"])).build())
            .node_range_properties(range(2).eks_properties(eks("c", "d")).build());
        assert_eq!(held(&job().node_properties(nodes.clone().build()).build()), ["a", "b", "c", "d"]);
        let nodes = nodes.node_range_properties(range(3).build()).build();
        assert!(references(&job().node_properties(nodes).build()).is_err());
    }

    #[test]
    fn a_job_that_does_not_show_all_its_images_is_a_failure() {
        for job in
            [job(), job().ecs_properties(ecs(&[])), job().container_properties(ContainerProperties::builder().build())]
        {
            assert_eq!(references(&job.build()).unwrap_err().object, "arn:job:1");
        }
    }
}
