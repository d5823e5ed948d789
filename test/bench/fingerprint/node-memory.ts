// A process of its own that fingerprints one file and prints the most memory that it held, in MiB.
import { fingerprintFile } from '../../../companion/fingerprint/fingerprint-file.ts';
import { peakMemoryMiB } from '../harness/peak-memory.ts';

await fingerprintFile(process.argv[2] ?? '');
console.log(peakMemoryMiB());
