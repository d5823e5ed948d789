import type { SeedRecord } from '../../../shared/evidence/verdict.ts';
import { Button } from '../../ui/Button.tsx';
import { DownloadIcon } from '../../ui/Icon.tsx';
import { Notice } from '../../ui/Notice.tsx';
import type { ReportStore } from './store.ts';

/** The proof of a digest as files to keep: without them, and without its file, a digest's stamp proves nothing. */
export function ProofPart({ store, seed }: { store: ReportStore; seed: SeedRecord }) {
  const problem = store.actions.problemOf('proof');
  return (
    <section class="card part" aria-labelledby="proof-heading">
      <div class="part-head">
        <h2 id="proof-heading">The proof</h2>
        <span class="report-actions">
          <Button size="small" onClick={() => store.saveProof(seed)}>
            <DownloadIcon size={14} />
            Save proof (XML)
          </Button>
          <Button
            size="small"
            isBusy={store.actions.isBusy('proof')}
            onClick={() => void store.saveCertificate(seed)}
          >
            {!store.actions.isBusy('proof') && <DownloadIcon size={14} />}
            Save certificate (PDF)
          </Button>
        </span>
      </div>
      <p class="small secondary">
        Keep it beside the file. It shows anybody, without asking us, that the digest stands under the root on
        the chain. The certificate holds the same proof and says how to check it by hand; your account makes
        it.
      </p>
      {problem && (
        <Notice tone="unchecked" title="The certificate could not be had" role="alert">
          {problem.message}
        </Notice>
      )}
    </section>
  );
}
