import assert from 'node:assert/strict';
import test from 'node:test';
import { dataUrl, mediaTypeOf, parseDataUrl } from './data-url.ts';

test('a data URL is read whatever its spelling', () => {
  assert.deepEqual(
    [
      'data:image/png;base64,iVBORw0KGgo=',
      'data:IMAGE/PNG;base64,iVBORw0KGgo=',
      'data:image/jpg;base64,/9j/4AAQ',
      'data:text/plain;charset=utf-8;base64,aGk=',
      'data:image/png;name=a.png;charset=binary;BASE64,iVBO\r\nRw0K Ggo=',
      'DATA:application/pdf; base64,JVBERi0x',
      'data:;base64,JVBERi0x',
      'data:,hi%20you',
      'data:text/html,100%',
    ].map(parseDataUrl),
    [
      { mediaType: 'image/png', base64: 'iVBORw0KGgo=' },
      { mediaType: 'image/png', base64: 'iVBORw0KGgo=' },
      { mediaType: 'image/jpeg', base64: '/9j/4AAQ' },
      { mediaType: 'text/plain', base64: 'aGk=' },
      { mediaType: 'image/png', base64: 'iVBORw0KGgo=' },
      { mediaType: 'application/pdf', base64: 'JVBERi0x' },
      { mediaType: 'application/pdf', base64: 'JVBERi0x' },
      { mediaType: 'text/plain', base64: Buffer.from('hi you').toString('base64') },
      { mediaType: 'text/html', base64: Buffer.from('100%').toString('base64') },
    ],
  );
});

test('anything else is no data URL', () => {
  assert.deepEqual(['https://a.example/x.png', 'data:image/png;base64', 'iVBORw0KGgo=', '', 'x data:,y'].map(parseDataUrl), [
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test('what is written is read back', () => {
  assert.deepEqual(parseDataUrl(dataUrl('image/webp', 'UklGRg==')), { mediaType: 'image/webp', base64: 'UklGRg==' });
});

test('first bytes tell what models can read', () => {
  assert.deepEqual(['JVBERi0xLjQ', '/9j/', 'R0lGODlh', 'aGVsbG8='].map(mediaTypeOf), [
    'application/pdf',
    'image/jpeg',
    'image/gif',
    undefined,
  ]);
});
