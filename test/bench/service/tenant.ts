/** The tenant that is measured. */
export const tenant = {
  id: 'bench',
  name: 'Bench',
  apiKey: '11111111-2222-4333-8444-555555555555',
  secretKey: 'secret-key-of-the-measured-tenant',
};
