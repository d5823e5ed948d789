/** The tenant that is measured. */
export const tenant = {
  id: 'bench',
  name: 'Bench',
  apiKey: '11111111-2222-4333-8444-555555555555',
  secretKey: 'secret-key-of-the-measured-tenant',
  originstampKey: '66666666-7777-4888-9999-000000000000',
};
