//! The demo world's pictures, and what the command line says of them when somebody meddled.

use std::{collections::BTreeSet, fs, path::Path};

use image::GenericImageView;

use crate::{
    cli::{printed, rookery},
    support::{app::TestApp, picture::files},
};

/// The names of the pictures below a folder.
fn names(folder: &Path) -> BTreeSet<String> {
    let name = |path: String| Path::new(&path).parent()?.file_name()?.to_str().map(str::to_owned);
    files(folder).into_iter().filter_map(name).collect()
}

#[tokio::test]
async fn the_demo_world_has_pictures_and_a_sweep_knows_what_belongs_to_it() {
    let (app, _) = TestApp::init().await;
    let folder = app.uploads();
    let settings = [("DATABASE_URL", app.database_url()), ("UPLOAD_DIR", folder.to_str().unwrap())];
    let run = |command: &str| {
        let output = rookery(command, &settings).output().unwrap();
        let told = printed(&output).to_owned();
        assert!(output.status.success(), "{command}: {told}");
        told
    };
    run("seed --users 8");
    let sql = app.database().await;
    let count = async |what: &str| -> i64 {
        sql.query_one(&format!("SELECT count({what}) FROM users FULL JOIN posts ON false"), &[])
            .await
            .unwrap()
            .get(0)
    };
    let (images, avatars) = (count("DISTINCT image").await, count("DISTINCT avatar").await);
    assert!(images >= 8 && avatars == 8, "{images} of posts, {avatars} of people");
    let all = names(folder);
    assert_eq!(all.len() as i64, images + avatars);
    // They show something, and not all of them the same.
    let mut shown = BTreeSet::new();
    for path in files(folder).iter().filter(|path| path.ends_with("/160.jpg")).take(10) {
        let picture = image::open(path).unwrap();
        let first = picture.get_pixel(0, 0);
        assert!(picture.pixels().any(|(_, _, pixel)| pixel != first), "{path} is of one colour");
        shown.insert(fs::read(path).unwrap());
    }
    assert!(shown.len() >= 9, "{} different", shown.len());
    assert!(
        run("media sweep --dry-run")
            .contains(&format!("{} sound, 0 would be removed, 0 with files missing.", all.len()))
    );

    // A picture whose row is gone, one that nobody knows, one of which a file is lost.
    let one = |offset: usize| all.iter().nth(offset).unwrap().clone();
    let (forgotten, lost) = (one(0), one(1));
    sql.batch_execute(&format!(
        "SET session_replication_role = replica;
         UPDATE posts SET image = NULL WHERE image LIKE '{forgotten}%';
         UPDATE users SET avatar = NULL WHERE avatar LIKE '{forgotten}%';
         DELETE FROM images WHERE name = '{forgotten}'"
    ))
    .await
    .unwrap();
    let stray = "z".repeat(52);
    fs::create_dir_all(folder.join("zz").join(&stray)).unwrap();
    fs::write(folder.join("zz").join(&stray).join("1600.jpg"), "stray").unwrap();
    let lost_file = files(folder).into_iter().find(|path| path.contains(&lost)).unwrap();
    fs::remove_file(lost_file).unwrap();

    let before = files(folder);
    let told = run("media sweep --dry-run");
    for name in [&forgotten, &stray] {
        assert!(told.contains(&format!("{name}  would be removed: unknown to the database")));
    }
    assert!(told.contains(&format!("{lost}  has files missing")), "{told}");
    assert_eq!(files(folder), before, "only looked");
    let told = run("media sweep");
    let rest = format!("{} sound, 2 removed, 1 with files missing.", all.len() - 2);
    assert!(told.contains(&rest), "{told}");
    let left = names(folder);
    assert!(!left.contains(&forgotten) && !left.contains(&stray));
}
