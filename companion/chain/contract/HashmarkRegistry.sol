// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @title The registry of one issuer: what it stamped stands in the logs.
/// @notice IPCM-compatible: same functions, same event, same constructor as the contracts of Chainletter's tenants, so
/// one verifier reads them all. The value is a bare IPFS CID: of one file, or of a bundle that lists the CIDs of many.
contract HashmarkRegistry is Ownable {
    string private _value;

    /// @notice `value` was stamped in this block. Not indexed: a reader filters by contract and topic and reads the text.
    event MappingUpdated(string value);

    /// @param owner The only account that may stamp here.
    constructor(address owner) Ownable(owner) {}

    /// @notice Stamps `value`. Earlier values stay provable by their logs.
    function updateMapping(string memory value) external onlyOwner {
        _value = value;
        emit MappingUpdated(value);
    }

    /// @return The value stamped last.
    function getMapping() external view returns (string memory) {
        return _value;
    }
}
