import { describe, expect, it } from 'vitest';

import {
  nameOfPage,
  nameOfResource,
  nameOfSelection,
} from '../../../../extension/stamping/capture/file-name.ts';

describe('nameOfPage', () => {
  it.each([
    ['A title', 'https://example.org/', 'A title.html'],
    ['', 'https://example.org/a/b%20c', 'example.org-a-b c.html'],
    ['../../etc/passwd', 'https://example.org/', '-..-etc-passwd.html'],
    ['CON: a<b>"c"|d?*', 'https://example.org/', 'CON- a-b--c--d--.html'],
    ['invoice\u202Efdp.exe', 'https://example.org/', 'invoice fdp.exe.html'],
    ['  many\n\t spaces ', 'https://example.org/', 'many spaces.html'],
    ['...', 'about:blank', 'blank.html'],
    ['🎓'.repeat(200), 'https://example.org/', `${'🎓'.repeat(45)}.html`],
  ])('%j at %s', (title, url, name) => {
    expect(nameOfPage(title, url)).toBe(name);
  });
});

describe('nameOfResource', () => {
  it.each([
    ['https://example.org/a/photo.jpg?size=1', 'image/jpeg', 'photo.jpg'],
    ['https://example.org/photo', 'image/png', 'photo.png'],
    ['https://example.org/', 'application/pdf', 'file.pdf'],
    ['https://example.org/a%2Fb%00.txt', 'text/plain', 'a-b .txt'],
    ['https://example.org/%E0%A4%A', 'text/plain', '%E0%A4%A.txt'],
    ['data:image/gif;base64,R0lGODlh', 'image/gif', 'file.gif'],
    ['blob:https://example.org/1234', 'video/mp4', 'file.mp4'],
  ])('%s of type %s', (url, type, name) => {
    expect(nameOfResource(url, type)).toBe(name);
  });
});

describe('nameOfSelection', () => {
  it('says where it comes from', () => {
    expect(nameOfSelection('', 'https://example.org/a')).toBe('Selection from example.org-a.txt');
  });
});
