// Certificates and keys for one test file, made by the openssl tool in a folder that is gone with it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

function openssl(...args) {
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${args[0]} failed:\n${stderr}`);
}

/// A folder of certificates that is removed after `t`. make(name, {issuer, days}) writes NAME.pem and NAME.key there, signed by
/// another one of the folder or by itself, for localhost; file(name) is a path, read(name) what stands there.
export function certificateFolder(t) {
  const folder = mkdtempSync(path.join(tmpdir(), 'octavo-tls-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name) => path.join(folder, name);
  const make = (name, { issuer } = {}) => {
    const signer = issuer ? ['-CA', file(`${issuer}.pem`), '-CAkey', file(`${issuer}.key`)] : [];
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${name}`,
            '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', file(`${name}.key`), '-out', file(`${name}.pem`), ...signer);
    return { cert: file(`${name}.pem`), key: file(`${name}.key`) };
  };
  return { make, file, read: (name) => readFileSync(file(name), 'utf8') };
}
