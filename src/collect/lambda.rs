//! Lambda functions from container images.

use futures::{StreamExt, stream::iter};

use super::{cache, scope::ScopeSweep};
use crate::{
    aws::{AwsError, ErrorKind, ImageFunction},
    inventory::{Inventory, Reference},
    model::Source,
};

/// Functions asked for at the same time. The limiter sets the pace; this only bounds what waits for it.
const FUNCTIONS_AT_ONCE: usize = 8;

impl ScopeSweep<'_> {
    /// The image of every version of every function.
    pub(super) async fn lambda(&self) -> Inventory {
        let source = Source::Lambda;
        let mut whole = Inventory::default();
        let functions = self.listed(&mut whole, source, None, self.session.list_image_functions().await);
        self.found(source, functions.len());
        let mut answers = iter(functions)
            .map(|function| async move {
                let answer = self.function(&function).await;
                (function, answer)
            })
            .buffer_unordered(FUNCTIONS_AT_ONCE);
        while let Some((function, answer)) = answers.next().await {
            self.read(source, 1);
            match answer {
                Ok(references) => whole.references.extend(references.into_iter().map(|found| self.seen(found))),
                // Deleted since it was listed: it runs nothing any more.
                Err(error) if error.kind == ErrorKind::NotFound => {}
                // Whoever may not ask about one function may ask about none: the gap is the whole source.
                Err(error) if error.kind == ErrorKind::AccessDenied => {
                    whole.gaps.push(self.gap_after(source, None, &error));
                    break;
                }
                Err(error) => whole.gaps.push(self.gap_after(source, Some(&function.arn), &error)),
            }
        }
        whole
    }

    /// What a version runs, from the cache if it was asked for in its present revision before.
    async fn function(&self, function: &ImageFunction) -> Result<Vec<Reference>, AwsError> {
        if let Some(known) = cache::function(self.cache, function).await {
            return Ok(known);
        }
        let held = self.session.function_images(function).await?;
        cache::keep_function(self.cache, function, &held).await;
        Ok(held)
    }
}
