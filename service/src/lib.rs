//! An OData 4.01 service over JSON records in memory: requests in, responses out, whatever web framework
//! carries them.

pub mod csdl;
