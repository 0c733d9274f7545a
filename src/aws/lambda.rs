//! Lambda: functions made from container images. Every published version keeps the digest that its image had when it was
//! published ("Create a Lambda function using a container image", Lambda developer guide).

use aws_sdk_lambda::types::{FunctionCodeLocation, FunctionConfiguration, FunctionVersion, PackageType};

use super::{AwsError, Batch, ErrorKind, Failure, Operation, Session, call::Pages, reference::Holder};
use crate::{inventory::Reference, model::Source};

/// Lambda gives no more than fifty functions a page, whatever is asked for.
const PAGE: i32 = 50;

/// A version of a function whose package is an image, or may be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFunction {
    /// Its ARN, which ends in the version.
    pub arn: String,
    /// The function's name.
    pub name: String,
    /// `$LATEST` or a number.
    pub version: String,
    /// What changes with every change of the function, if AWS says it.
    pub revision_id: Option<String>,
}

impl Session {
    /// Every version of every function that is not known to be a ZIP file. A failure is one that AWS does not name in full.
    ///
    /// # Errors
    /// When a page cannot be read.
    pub async fn list_image_functions(&self) -> Result<Batch<ImageFunction>, AwsError> {
        let operation = Operation::ListFunctions;
        let mut all = Batch::default();
        let mut pages = Pages::new(self, operation);
        loop {
            let request = self
                .lambda()
                .list_functions()
                .function_version(FunctionVersion::All)
                .max_items(PAGE)
                .set_marker(pages.token());
            let answer = self.read(operation, || request.clone().send()).await?;
            for configuration in answer.functions().iter().filter(|configuration| may_be_image(configuration)) {
                match function(configuration) {
                    Ok(function) => all.found.push(function),
                    Err(failure) => all.failures.push(failure),
                }
            }
            if !pages.turn(answer.next_marker)? {
                return Ok(all);
            }
        }
    }

    /// The image of a version, as it was asked for and as it was resolved.
    ///
    /// # Errors
    /// `ErrorKind::NotFound` when the function or the version is gone; `ErrorKind::Garbled` when the answer shows no image.
    pub async fn function_images(&self, function: &ImageFunction) -> Result<Vec<Reference>, AwsError> {
        let operation = Operation::GetFunction;
        let request = self.lambda().get_function().function_name(&function.name).qualifier(&function.version);
        let answer = self.read(operation, || request.clone().send()).await?;
        let references = answer.code().map(|code| references(&function.arn, code)).unwrap_or_default();
        let is_zip = answer.configuration().and_then(FunctionConfiguration::package_type) == Some(&PackageType::Zip);
        if references.is_empty() && !is_zip {
            let message = format!("{} shows no image", function.arn);
            return Err(AwsError::own(operation, self.scope(), ErrorKind::Garbled, message));
        }
        Ok(references)
    }
}

fn may_be_image(configuration: &FunctionConfiguration) -> bool {
    configuration.package_type() != Some(&PackageType::Zip)
}

fn function(configuration: &FunctionConfiguration) -> Result<ImageFunction, Failure> {
    let name = configuration.function_name().unwrap_or("a function without a name");
    match (configuration.function_arn(), configuration.function_name(), configuration.version()) {
        (Some(arn), Some(name), Some(version)) => Ok(ImageFunction {
            arn: arn.to_owned(),
            name: name.to_owned(),
            version: version.to_owned(),
            revision_id: configuration.revision_id().map(str::to_owned),
        }),
        (_, _, _) => Err(Failure::new(name, "AWS listed it without its ARN, its name or its version")),
    }
}

/// Both forms hold: the tag is what the next update of the function's code resolves, the digest is what runs.
fn references(arn: &str, code: &FunctionCodeLocation) -> Vec<Reference> {
    let holder = Holder { source: Source::Lambda, name: arn };
    let images = code.image_uri().into_iter().chain(code.resolved_image_uri());
    images.map(|image| holder.image(image)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_package_that_is_known_to_be_a_zip_file_is_passed_over() {
        let of = |package: Option<&str>| {
            FunctionConfiguration::builder().set_package_type(package.map(PackageType::from)).build()
        };
        for (package, expected) in [(None, true), (Some("Image"), true), (Some("Bundle"), true), (Some("Zip"), false)] {
            assert_eq!(may_be_image(&of(package)), expected, "{package:?}");
        }
    }

    #[test]
    fn a_function_that_is_not_named_in_full_is_a_failure() {
        let whole = FunctionConfiguration::builder().function_arn("arn:f:3").function_name("f").version("3");
        assert_eq!(function(&whole.clone().revision_id("r").build()).unwrap().revision_id.as_deref(), Some("r"));
        assert_eq!(function(&whole.set_version(None).build()).unwrap_err().object, "f");
    }

    #[test]
    fn tag_and_digest_are_both_held() {
        let code = FunctionCodeLocation::builder().image_uri("r/f:1");
        let images = |code: &FunctionCodeLocation| {
            let found = references("arn:f:3", code);
            assert!(found.iter().all(|reference| reference.holder == "arn:f:3" && reference.source == "lambda"));
            found.into_iter().filter_map(|reference| reference.image).collect::<Vec<_>>()
        };
        assert_eq!(images(&code.clone().build()), ["r/f:1"]);
        assert_eq!(images(&code.resolved_image_uri("r/f@sha256:0").build()), ["r/f:1", "r/f@sha256:0"]);
    }
}
