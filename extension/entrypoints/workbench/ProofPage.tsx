import { formatBytes } from '../../../shared/format.ts';
import { Button } from '../../ui/Button.tsx';
import { DropZone } from '../../ui/DropZone.tsx';
import { Hash } from '../../ui/Hash.tsx';
import { describeHashing, describePlatform } from '../../ui/hashing.ts';
import { Notice } from '../../ui/Notice.tsx';
import { Facts, Loading } from '../../ui/parts.tsx';
import { SeedPart } from '../report/SeedPart.tsx';
import { StepsPart } from '../report/StepsPart.tsx';
import { VerdictPart } from '../report/VerdictPart.tsx';
import type { Given, ProofCheck } from './proof-check.ts';
import type { WorkbenchStore } from './store.ts';

const kinds = {
  xml: 'Merkle proof (XML)',
  pdf: 'Certificate (PDF)',
  'seed-file': 'Seed file (older method)',
};

/** Checks a file by its proof alone, with nobody's help but the chain's. */
export function ProofPage({ store }: { store: WorkbenchStore }) {
  const { proofCheck } = store;
  const { proof, file, verdict, problem, isChecking } = proofCheck;
  const shown = verdict.value;
  const isStarted = proof.value !== undefined || file.value !== undefined;
  return (
    <>
      <section class="intake" aria-labelledby="proof-page-heading">
        <div class="check-head">
          <h1 id="proof-page-heading">Check a proof</h1>
          <p class="secondary">
            Everything is recomputed here from the file and its proof, and the chain is read through your own
            endpoints. The file goes nowhere.
          </p>
        </div>
        <ProofDrop check={proofCheck} isStarted={isStarted} />
        {isStarted && <GivenPart check={proofCheck} />}
        {problem.value && (
          <Notice tone="unchecked" title="It could not be checked" role="alert">
            {problem.value.message}
          </Notice>
        )}
        {isChecking.value && <Loading text="Recomputing the path and reading the chain" />}
      </section>
      {shown && (
        <>
          <VerdictPart
            hash={shown.hash}
            verdict={shown}
            error={undefined}
            nowMs={store.nowMs.value}
            onRetry={() => void proofCheck.check()}
          />
          {file.value?.state !== 'read' && (
            <Notice tone="neutral" title="This is about a digest, not yet about a file">
              Drop the file as well: only then is it shown that it has this digest.
            </Notice>
          )}
          {shown.seed && <SeedPart seed={shown.seed} nowMs={store.nowMs.value} />}
          <StepsPart verdict={shown} nowMs={store.nowMs.value} />
        </>
      )}
    </>
  );
}

function ProofDrop({ check, isStarted }: { check: ProofCheck; isStarted: boolean }) {
  const needs =
    check.proof.value?.state !== 'read'
      ? check.file.value
        ? 'Drop its proof'
        : 'Drop a file together with its proof'
      : check.file.value?.state === 'read'
        ? 'Drop another file or proof'
        : 'Drop the file that it is of';
  return (
    <DropZone
      text={needs}
      hint={isStarted ? undefined : 'A proof is an XML, a PDF certificate or a TXT seed file'}
      isLarge={!isStarted}
      isMultiple
      onFiles={(files) => void check.take(files)}
    />
  );
}

function GivenPart({ check }: { check: ProofCheck }) {
  const { proof, file, leaf, transaction, ownHint } = check;
  return (
    <div class="card part">
      <div class="part-head">
        <h2>What you gave</h2>
        <Button size="small" kind="quiet" onClick={check.reset}>
          Start over
        </Button>
      </div>
      <Facts
        entries={[
          ['File', <GivenFile key="file" given={file.value} none="Not given" />],
          [
            'Its digest',
            file.value?.state === 'read' && (
              <Hash key="digest" value={file.value.value.digest} noun="digest of the file" />
            ),
          ],
          ['Size', file.value?.state === 'read' && formatBytes(file.value.value.sizeBytes)],
          [
            'Hashed by',
            file.value?.state === 'read' && file.value.hashedBy && describePlatform(file.value.hashedBy),
          ],
          ['Proof', <GivenFile key="proof" given={proof.value} none="Not given yet" />],
          ['Kind', proof.value?.state === 'read' && kinds[proof.value.value.kind]],
          ['It is of', leaf.value && <Hash key="leaf" value={leaf.value} noun="digest in the proof" />],
        ]}
      />
      <Failure given={proof.value} title="This is no proof that can be read" />
      <Failure given={file.value} title="The file could not be read" />
      {proof.value?.state === 'read' && (
        <form
          class="field"
          onSubmit={(event) => {
            event.preventDefault();
            void check.check();
          }}
        >
          <label for="transaction-input">Transaction that holds the root</label>
          <div class="check-line">
            <input
              id="transaction-input"
              class="input mono"
              value={transaction.value}
              placeholder={proof.value.value.hint?.transaction ?? ownHint.value?.transaction ?? '0x…'}
              spellcheck={false}
              autocomplete="off"
              dir="ltr"
              aria-describedby="transaction-hint"
              onInput={(event) => {
                transaction.value = event.currentTarget.value;
              }}
            />
            <Button type="submit" isBusy={check.isChecking.value}>
              Check
            </Button>
          </div>
          <p id="transaction-hint" class="small secondary">
            {proof.value.value.hint
              ? 'The certificate names it. It is only a hint about where to look: it is read and checked.'
              : ownHint.value
                ? 'This computer remembers it. It is only a hint about where to look: it is read and checked.'
                : 'A proof does not name it; whoever gave you the proof knows it. It is only a hint about where to look: it is read and checked.'}
          </p>
        </form>
      )}
    </div>
  );
}

function GivenFile({ given, none }: { given: Given<unknown> | undefined; none: string }) {
  if (!given) return <span class="secondary">{none}</span>;
  return (
    <span class="given">
      <bdi>{given.name}</bdi>
      {given.state === 'reading' && (
        <>
          <span class="small secondary">{describeHashing(given)}</span>
          <progress
            class="progress"
            value={given.bytesDone}
            max={Math.max(1, given.sizeBytes)}
            aria-label={`Part of ${given.name} that was read`}
          />
        </>
      )}
    </span>
  );
}

function Failure({ given, title }: { given: Given<unknown> | undefined; title: string }) {
  if (given?.state !== 'failed') return null;
  return (
    <Notice tone="unchecked" title={title} role="alert">
      {given.problem.message}
    </Notice>
  );
}
