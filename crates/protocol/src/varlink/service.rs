//! `org.varlink.service`: what every Varlink service answers about itself,
//! and the errors that belong to no interface in particular.

use super::{DESCRIPTION, INTERFACE};
use crate::escape;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The name of the interface.
pub(super) const SERVICE: &str = "org.varlink.service";

const SERVICE_DESCRIPTION: &str = include_str!("../../varlink/org.varlink.service.varlink");

/// A request that is answered without the launcher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceRequest {
    /// Who made the service, and its interfaces.
    GetInfo,
    /// The text of an interface file.
    GetInterfaceDescription {
        /// Name of the interface.
        interface: String,
    },
}

impl ServiceRequest {
    /// The answer, ready to send: a reply, or the error that there is no such
    /// interface.
    pub fn answer(&self) -> Vec<u8> {
        let parameters = match self {
            Self::GetInfo => json!({
                "vendor": "fslaunch",
                "product": "fslaunch launcher",
                "version": env!("CARGO_PKG_VERSION"),
                // There is no site to point to; the member is not nullable.
                "url": "",
                "interfaces": [SERVICE, INTERFACE],
            }),
            Self::GetInterfaceDescription { interface } => match interface.as_str() {
                INTERFACE => json!({ "description": DESCRIPTION }),
                SERVICE => json!({ "description": SERVICE_DESCRIPTION }),
                _ => {
                    let interface = interface.clone();
                    return ServiceError::InterfaceNotFound { interface }.encode();
                }
            },
        };
        super::encode::ended(&json!({ "parameters": parameters }))
    }
}

/// An error of `org.varlink.service`, as the Varlink documents describe it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "error", content = "parameters")]
pub enum ServiceError {
    /// The service has no such interface.
    #[error("the launcher has no interface {}", escape::quoted(.interface))]
    #[serde(rename = "org.varlink.service.InterfaceNotFound")]
    InterfaceNotFound {
        /// Its name; empty if the call gave none.
        interface: String,
    },
    /// The interface has no such method.
    #[error("the launcher has no method {}", escape::quoted(.method))]
    #[serde(rename = "org.varlink.service.MethodNotFound")]
    MethodNotFound {
        /// Its name with the interface.
        method: String,
    },
    /// The method is there, and can't be called like that.
    #[error("the launcher does not do {} in that way", escape::quoted(.method))]
    #[serde(rename = "org.varlink.service.MethodNotImplemented")]
    MethodNotImplemented {
        /// Its name with the interface.
        method: String,
    },
    /// A parameter is missing, unknown, repeated, or of the wrong type.
    #[error("the launcher does not accept parameter {}", escape::quoted(.parameter))]
    #[serde(rename = "org.varlink.service.InvalidParameter")]
    InvalidParameter {
        /// Its name.
        parameter: String,
    },
    /// The caller may not do that.
    #[error("the launcher does not serve you")]
    #[serde(rename = "org.varlink.service.PermissionDenied")]
    PermissionDenied {},
    /// The method has to be called with `more`.
    #[error("the launcher answers that more than once")]
    #[serde(rename = "org.varlink.service.ExpectedMore")]
    ExpectedMore {},
}

impl ServiceError {
    /// The error as a message, with its NUL.
    pub fn encode(&self) -> Vec<u8> {
        super::encode::ended(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(request: &ServiceRequest) -> serde_json::Value {
        let message = request.answer();
        let (nul, json) = message.split_last().unwrap();
        assert_eq!(*nul, 0);
        serde_json::from_slice(json).unwrap()
    }

    fn described(interface: &str) -> serde_json::Value {
        let interface = interface.to_owned();
        answered(&ServiceRequest::GetInterfaceDescription { interface })
    }

    #[test]
    fn info_names_the_product_and_both_interfaces() {
        let info = &answered(&ServiceRequest::GetInfo)["parameters"];
        assert_eq!(info["vendor"], "fslaunch");
        assert_eq!(info["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(info["interfaces"], json!([SERVICE, INTERFACE]));
    }

    #[test]
    fn each_interface_is_described_word_for_word() {
        let text = |name| described(name)["parameters"]["description"].clone();
        assert_eq!(text(INTERFACE), DESCRIPTION);
        assert_eq!(text(SERVICE), SERVICE_DESCRIPTION);
    }

    #[test]
    fn an_unknown_interface_is_an_error_that_names_it() {
        assert_eq!(
            described("org.example"),
            json!({
                "error": "org.varlink.service.InterfaceNotFound",
                "parameters": { "interface": "org.example" }
            })
        );
    }

    #[test]
    fn an_error_without_parameters_has_an_empty_object() {
        assert_eq!(
            ServiceError::ExpectedMore {}.encode(),
            b"{\"error\":\"org.varlink.service.ExpectedMore\",\"parameters\":{}}\0"
        );
    }
}
