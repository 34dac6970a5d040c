//! Operations as screens and the API show them.

use lighthouse_model::Problem;
use lighthouse_model::operation::{OperationRow, OperationView};

use crate::access::right;
use crate::store::OperationFilter;
use crate::{Console, Grant, Result};

impl Console {
    /// Operations, newest first; the cursor of the next page is `before` of the filter.
    pub async fn operation_rows(
        &self,
        _grant: &Grant<right::OperationView>,
        _filter: &OperationFilter,
    ) -> Result<Vec<OperationRow>> {
        Ok(Vec::new())
    }

    /// The grant's operation with its steps.
    pub async fn operation_view(&self, _grant: &Grant<right::OperationView>) -> Result<OperationView> {
        Err(Problem::not_found("such operation").into())
    }

    /// Stops the grant's operation at its next step boundary. What is done stays done.
    pub async fn cancel_operation(&self, _grant: &Grant<right::ApplicationOperate>) -> Result<()> {
        Err(Problem::not_found("such operation").into())
    }
}
