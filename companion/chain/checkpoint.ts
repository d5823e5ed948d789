import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as v from 'valibot';
import { type Hex, hexToBytes, isHex } from 'viem';

import { writeFileAtomically } from '../atomic-file.ts';

const metaName = 'checkpoint.json';
const stateName = /^state-\d+\.json$/;
/** Also what a crash in the middle of writing one left. */
const anyStateName = /^state-\d+\.json(\.\d+\.tmp)?$/;
const fileMode = 0o600;

const hexText = v.custom<Hex>((value) => isHex(value), 'expected 0x and hex digits');

const checkpointSchema = v.object({
  chainId: v.number(),
  genesisTimeSeconds: v.number(),
  /** The last journal entry that the state holds, and its transaction. */
  position: v.number(),
  txHash: hexText,
  blockNumber: v.number(),
  blockHash: hexText,
  /** Name of the file with the node's state, in the same folder. */
  stateFile: v.pipe(v.string(), v.regex(stateName)),
});

/**
 * The node's state after a certain journal entry, so that a long journal need not be replayed from its beginning.
 * A shortcut and never a store: whatever is wrong with one, it is dropped and the journal is replayed.
 */
export type Checkpoint = v.InferOutput<typeof checkpointSchema>;

/** The checkpoint in the folder, or undefined when there is none that can be read. */
export function readCheckpoint(folder: string): Checkpoint | undefined {
  try {
    return v.parse(checkpointSchema, JSON.parse(readFileSync(join(folder, metaName), 'utf8')));
  } catch {
    return undefined;
  }
}

/**
 * Replaces the folder's checkpoint. The description is written last: until then the old one stands.
 * @param dump what `anvil_dumpState` gave: gzip in hex.
 */
export function writeCheckpoint(folder: string, checkpoint: Omit<Checkpoint, 'stateFile'>, dump: Hex): void {
  const stateFile = `state-${checkpoint.position}.json`;
  writeFileAtomically(join(folder, stateFile), gunzipSync(hexToBytes(dump)), fileMode);
  const meta: Checkpoint = { ...checkpoint, stateFile };
  writeFileAtomically(join(folder, metaName), `${JSON.stringify(meta)}\n`, fileMode);
  dropStates(folder, stateFile);
}

/** Removes the checkpoint, if there is one. */
export function dropCheckpoint(folder: string): void {
  rmSync(join(folder, metaName), { force: true });
  dropStates(folder, undefined);
}

function dropStates(folder: string, keep: string | undefined): void {
  for (const name of readdirSync(folder)) {
    if (anyStateName.test(name) && name !== keep) rmSync(join(folder, name), { force: true });
  }
}
