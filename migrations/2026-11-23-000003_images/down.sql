-- The files stay, and are litter from then on.
DROP TRIGGER users_keep_avatars_truncate ON users;
DROP TRIGGER posts_keep_images_truncate ON posts;
DROP FUNCTION images_release_unshown();
DROP TRIGGER users_keep_avatars_delete ON users;
DROP TRIGGER users_keep_avatars_update ON users;
DROP TRIGGER users_keep_avatars_insert ON users;
DROP FUNCTION users_keep_avatars();
DROP TRIGGER posts_keep_images_delete ON posts;
DROP TRIGGER posts_keep_images_update ON posts;
DROP TRIGGER posts_keep_images_insert ON posts;
DROP FUNCTION posts_keep_images();
DROP FUNCTION release_image(text);
DROP FUNCTION hold_image(text, uuid);
ALTER TABLE users DROP COLUMN avatar;
ALTER TABLE posts DROP COLUMN image_alt, DROP COLUMN image;
DROP TABLE images;
