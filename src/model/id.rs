//! Identities as AWS spells them, one type each, so that a family cannot be passed for a repository.

use std::{borrow::Borrow, fmt, marker::PhantomData, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, de};

/// A text that is not a valid identity of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct IdError {
    /// What was found.
    pub text: String,
    /// What would have been right, with its article.
    pub expected: &'static str,
}

/// What is made of a text.
trait Spelt: Sized {
    fn spelt(text: &str) -> Result<Self, IdError>;
}

/// Checks that a name has no control characters. AWS allows them in none, and a terminal would obey them.
///
/// # Errors
/// The name, with its control characters spelt out.
pub fn check_name(text: &str) -> Result<(), IdError> {
    // Control characters are below the space, or DEL, or begin with C2 in UTF-8.
    let may_have = text.bytes().fold(false, |may, byte| may | (byte < b' ') | (byte == 0x7f) | (byte == 0xc2));
    if may_have && text.contains(char::is_control) {
        return Err(IdError {
            text: text.escape_debug().to_string(),
            expected: "a name that AWS allows: it has a control character",
        });
    }
    Ok(())
}

/// Reads an identity from where its text lies, without a copy in between: there are millions of them.
struct Text<T>(PhantomData<T>);

impl<T: Spelt> de::Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        T::spelt(text).map_err(E::custom)
    }
}

/// Defines an identity: cheap to clone, ordered and printed as its text.
macro_rules! string_id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Text::<Self>(PhantomData))
            }
        }

        impl Spelt for $name {
            fn spelt(text: &str) -> Result<Self, IdError> {
                check_name(text)?;
                Ok(text.into())
            }
        }

        impl $name {
            /// The text, as AWS spells it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl From<Arc<str>> for $name {
            fn from(text: Arc<str>) -> Self {
                Self(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

string_id! {
    /// What the policy calls an account: the label of its `account` block.
    AccountLabel
}
string_id! {
    /// An AWS Region, such as `eu-central-1`.
    Region
}
string_id! {
    /// The name of an ECS cluster (not its ARN).
    ClusterName
}
string_id! {
    /// The name of an ECS service (not its ARN).
    ServiceName
}
string_id! {
    /// The id of a task set, such as `ecs-svc/1234567890123456789`.
    TaskSetId
}
string_id! {
    /// The family of a task definition.
    Family
}
string_id! {
    /// The name of an ECR repository, slashes included.
    RepositoryName
}
string_id! {
    /// A tag of an image.
    ImageTag
}

/// Defines the fallible half of an identity that has a shape: parsing and checked deserialising.
macro_rules! checked_id {
    ($name:ident, $expected:literal, $is_valid:expr) => {
        impl std::str::FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let is_valid: fn(&str) -> bool = $is_valid;
                if is_valid(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(IdError { text: text.to_owned(), expected: $expected })
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Text::<Self>(PhantomData))
            }
        }

        impl Spelt for $name {
            fn spelt(text: &str) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl $name {
            /// The text, as AWS spells it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.as_ref().to_owned()
            }
        }
    };
}

/// A 12-digit AWS account id.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "String")]
pub struct AccountId(Arc<str>);

checked_id!(AccountId, "a 12-digit AWS account id", |text| {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
});

/// The digest of an image manifest, `algorithm:hex`. ECR gives `sha256:` and 64 hex digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "String")]
pub struct Digest(Arc<str>);

checked_id!(Digest, "an image digest such as sha256:<64 hex digits>", |text| {
    text.split_once(':').is_some_and(|(algorithm, hex)| {
        !algorithm.is_empty()
            && hex.len() >= 32
            // Without a way out at the first wrong byte, which lets sixteen be looked at in one step.
            && hex.bytes().fold(true, |is_hex, byte| is_hex & (byte.is_ascii_digit() | (b'a'..=b'f').contains(&byte)))
    })
});

impl Digest {
    /// The digest cut to the 12 hex digits that people recognise, for tables.
    #[must_use]
    pub fn short(&self) -> &str {
        let end = self.0.find(':').map_or(0, |colon| colon + 13);
        self.0.get(..end).unwrap_or(&self.0)
    }
}

/// The revision of a task definition within its family; the first is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub u32);

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_id_has_twelve_digits() {
        assert!("000000000000".parse::<AccountId>().is_ok());
        for wrong in ["", "00000000000", "0000000000000", "00000000000a"] {
            assert!(wrong.parse::<AccountId>().is_err(), "{wrong}");
        }
        assert!(serde_json::from_str::<AccountId>("\"12\"").is_err());
    }

    #[test]
    fn a_name_has_no_control_characters() {
        for name in ["v1", "", "it's \"quoted\"", "größe", "\u{a0}"] {
            assert_eq!(serde_json::from_value::<ImageTag>(name.into()).unwrap().as_str(), name);
        }
        for name in ["\u{1b}[2J", "a\nb", "\0", "\u{7f}", "\u{9b}31m"] {
            let error = serde_json::from_value::<ImageTag>(name.into()).unwrap_err().to_string();
            assert!(error.contains("control character") && !error.contains(char::is_control), "{error}");
        }
    }

    #[test]
    fn a_digest_names_its_algorithm_and_is_lower_case_hex() {
        let digest: Digest = format!("sha256:{}", "ab".repeat(32)).parse().unwrap();
        assert_eq!(digest.short(), "sha256:abababababab");
        for wrong in ["", "sha256", "sha256:", "sha256:xyz", "latest"] {
            assert!(wrong.parse::<Digest>().is_err(), "{wrong}");
        }
        assert!(format!("sha256:{}", "AB".repeat(32)).parse::<Digest>().is_err());
    }
}
